package io.github.relumax.report;

import io.github.relumax.newton.Phase;
import io.github.relumax.newton.Solution;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where the time of a solve went, with a name for what no phase claims. */
final class PhaseSeconds {
  private static final String OTHER = "other";

  private PhaseSeconds() {}

  /** Seconds by phase in the order of {@link Phase}, then {@code other}; they sum to the whole. */
  static Map<String, Double> of(Solution solution) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    double rest = solution.seconds();
    for (Phase phase : Phase.values()) {
      double taken = solution.phases().getOrDefault(phase, 0.0);
      seconds.put(phase.toString(), taken);
      rest -= taken;
    }
    seconds.put(OTHER, Math.max(0, rest));
    return seconds;
  }
}
