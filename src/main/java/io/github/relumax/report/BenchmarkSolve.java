package io.github.relumax.report;

import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.newton.Solution;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One solve of a benchmark.
 *
 * @param distance ‖x - x*‖ / ‖x*‖, where an x* is known
 * @param secondsToNear until an iterate was within {@link #NEAR} of x*, where one was
 * @param work what the backend did, by phase and primitive, as {@link PhaseMeter} counts it
 */
public record BenchmarkSolve(
    Solution solution,
    OptionalDouble distance,
    OptionalDouble secondsToNear,
    Map<String, Map<Primitive, Tally>> work) {
  /** The distance that a solve of a planted problem has to reach. */
  public static final double NEAR = 1e-8;

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
