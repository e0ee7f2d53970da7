package io.github.relumax.report;

import java.util.List;
import java.util.Locale;

/**
 * What the machine gave one kind of work during a benchmark, which a solve can be held against.
 *
 * @param kind of the work
 * @param work what was done, with its sizes
 * @param rates of every call, in the order of the calls
 */
public record Ceiling(Kind kind, String work, List<Double> rates) {
  /** What work is bound by. */
  public enum Kind {
    /** Reading and writing, in GB/s. */
    MEMORY("GB/s"),
    /** Arithmetic of a matrix product, in GFLOP/s. */
    PRODUCT("GFLOP/s"),
    /** Arithmetic of a weighted Gram matrix, in GFLOP/s. */
    GRAM("GFLOP/s"),
    /** Calls of a primitive with next to no work, in calls a millisecond. */
    CALL("calls/ms");

    private final String unit;

    Kind(String unit) {
      this.unit = unit;
    }

    /** The unit of the rates. */
    public String unit() {
      return unit;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Ceiling {
    rates = List.copyOf(rates);
  }
}
