package io.github.relumax.report;

import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.Solution;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One solve of a benchmark.
 *
 * @param distance ‖x - x*‖ / ‖x*‖, where an x* is known
 * @param secondsToNear until an iterate was within {@link #NEAR} of x*, where one was
 * @param secondsToLoss as {@link #secondsToLoss(List, Solution)} finds it
 * @param work what the backend did, by phase and primitive, as {@link PhaseMeter} counts it
 */
public record BenchmarkSolve(
    Solution solution,
    OptionalDouble distance,
    OptionalDouble secondsToNear,
    double secondsToLoss,
    Map<String, Map<Primitive, Tally>> work) {
  /** The distance that a solve of a planted problem has to reach. */
  public static final double NEAR = 1e-8;

  /** Within this factor of its last loss a solve is at its own result; the rest is confirmation. */
  private static final double OWN_RESULT = 1.001;

  /** Until an iterate's loss was at most {@link #OWN_RESULT} times the solution's. */
  public static double secondsToLoss(List<Iteration> iterations, Solution solution) {
    return iterations.stream()
        .filter(iteration -> iteration.loss() <= OWN_RESULT * solution.loss())
        .mapToDouble(Iteration::seconds)
        .findFirst()
        .orElse(solution.seconds());
  }

  /** Whether it converged, to x* where that is known. */
  public boolean found() {
    return solution.converged() && distance.orElse(0) <= NEAR;
  }

  /** What the backend did, by primitive. */
  Tally tally(Primitive primitive) {
    return work.values().stream()
        .map(tallies -> tallies.getOrDefault(primitive, Tally.NONE))
        .reduce(Tally.NONE, Tally::plus);
  }
}
