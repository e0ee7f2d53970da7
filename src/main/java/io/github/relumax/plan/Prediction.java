package io.github.relumax.plan;

import io.github.relumax.newton.Phase;
import io.github.relumax.objective.CurvaturePath;
import java.util.List;

/**
 * What a solve is expected to take.
 *
 * @param path whether C is kept
 * @param workload what is solved
 * @param steps all of its work
 */
public record Prediction(CurvaturePath path, Workload workload, List<Step> steps) {
  public Prediction {
    steps = List.copyOf(steps);
  }

  /** How often the work is done in the whole solve. */
  public int times(Step step) {
    return step.once() ? 1 : workload.iterations();
  }

  /** Seconds of a phase in the whole solve. */
  public double seconds(Phase phase) {
    return steps.stream()
        .filter(step -> step.phase() == phase)
        .mapToDouble(step -> times(step) * step.seconds())
        .sum();
  }

  /** Seconds before the first iteration. */
  public double startSeconds() {
    return steps.stream().filter(Step::once).mapToDouble(Step::seconds).sum();
  }

  /** Seconds of one iteration. */
  public double iterationSeconds() {
    return steps.stream().filter(step -> !step.once()).mapToDouble(Step::seconds).sum();
  }

  /** Seconds of the whole solve. */
  public double seconds() {
    return startSeconds() + workload.iterations() * iterationSeconds();
  }
}
