package io.github.relumax.report;

import java.util.List;

/**
 * What the machine gave one kind of work during a benchmark, which the phases of a solve can be
 * held against.
 *
 * @param name of the kind of work
 * @param work what was done, with its sizes
 * @param unit of the rates
 * @param rates of every call, in the order of the calls
 */
public record Ceiling(String name, String work, String unit, List<Double> rates) {
  public Ceiling {
    rates = List.copyOf(rates);
  }
}
