package io.github.relumax.newton;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Adds up seconds by phase, and tells a listener where each begins and ends. */
final class PhaseClock {
  private final long start = System.nanoTime();
  private final Map<Phase, Double> phases = new EnumMap<>(Phase.class);
  private final IterationListener listener;

  PhaseClock(IterationListener listener) {
    this.listener = listener;
  }

  <T> T time(Phase phase, Supplier<T> work) {
    listener.phaseBegins(phase);
    long before = System.nanoTime();
    try {
      return work.get();
    } finally {
      phases.merge(phase, 1e-9 * (System.nanoTime() - before), Double::sum);
      listener.phaseEnds(phase);
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
