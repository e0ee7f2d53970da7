package io.github.relumax.newton;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Adds up seconds by phase. */
final class PhaseClock {
  private final long start = System.nanoTime();
  private final Map<Phase, Double> phases = new EnumMap<>(Phase.class);

  <T> T time(Phase phase, Supplier<T> work) {
    long before = System.nanoTime();
    try {
      return work.get();
    } finally {
      phases.merge(phase, 1e-9 * (System.nanoTime() - before), Double::sum);
    }
  }

  /** Seconds since this clock was made. */
  double seconds() {
    return 1e-9 * (System.nanoTime() - start);
  }

  /** Seconds by phase so far; phases that did not happen are absent. */
  Map<Phase, Double> phases() {
    return phases;
  }
}
