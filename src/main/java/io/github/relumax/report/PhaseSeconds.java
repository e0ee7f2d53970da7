package io.github.relumax.report;

import io.github.relumax.newton.Phase;
import io.github.relumax.newton.Solution;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time of a solve went, with a name for what no phase claims. */
final class PhaseSeconds {
  static final String OTHER = "other";

  private PhaseSeconds() {}

  /** The phases in their order, then {@code other}. */
  static List<String> names() {
    List<String> names = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      names.add(phase.toString());
    }
    names.add(OTHER);
    return names;
  }

  /** Seconds by phase in the order of {@link #names}; they sum to the whole. */
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
