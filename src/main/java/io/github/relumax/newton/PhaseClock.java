package io.github.relumax.newton;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Adds up seconds by phase. */
final class PhaseClock {
  private final long start = System.nanoTime();
  private final long[] nanos = new long[Phase.values().length];

  <T> T time(Phase phase, Supplier<T> work) {
    long before = System.nanoTime();
    try {
      return work.get();
    } finally {
      nanos[phase.ordinal()] += System.nanoTime() - before;
    }
  }

  /** Seconds since this clock was made. */
  double seconds() {
    return 1e-9 * (System.nanoTime() - start);
  }

  Map<Phase, Double> phases() {
    Map<Phase, Double> seconds = new EnumMap<>(Phase.class);
    for (Phase phase : Phase.values()) {
      seconds.put(phase, 1e-9 * nanos[phase.ordinal()]);
    }
    return seconds;
  }
}
