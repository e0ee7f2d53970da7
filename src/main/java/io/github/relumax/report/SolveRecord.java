package io.github.relumax.report;

import io.github.relumax.model.Problem;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.Solution;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One solve from start to end.
 *
 * @param problem with the regulariser and radius that were used
 * @param settings what was asked for
 * @param solution what came out
 * @param iterations the start and every accepted step
 * @param distanceToPlanted ‖x - x*‖ / ‖x*‖, where an x* is known
 * @param readSeconds for reading and checking the problem
 */
public record SolveRecord(
    Problem problem,
    SolveSettings settings,
    Solution solution,
    List<Iteration> iterations,
    OptionalDouble distanceToPlanted,
    double readSeconds) {

  public SolveRecord {
    iterations = List.copyOf(iterations);
  }

  /**
   * Whether the ε that was asked for held, by the estimates; empty where none was, or no rows were
   * sampled.
   */
  public Optional<EpsilonHeld> epsilonHeld() {
    OptionalDouble asked = settings.options().sampling().epsilon();
    if (asked.isEmpty() || !solution.method().samples()) {
      return Optional.empty();
    }
    List<Double> estimates =
        iterations.stream()
            .filter(iteration -> iteration.number() > 0)
            .map(iteration -> iteration.approximation().epsilon())
            .toList();
    return Optional.of(EpsilonHeld.of(asked.getAsDouble(), estimates));
  }

  /** ‖x - xStar‖ / ‖xStar‖. */
  public static double relativeDistance(double[] x, double[] xStar) {
    double difference = 0;
    double size = 0;
    for (int k = 0; k < x.length; k++) {
      difference = Math.hypot(difference, x[k] - xStar[k]);
      size = Math.hypot(size, xStar[k]);
    }
    return difference / size;
  }
}
