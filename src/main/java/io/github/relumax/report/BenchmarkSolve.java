package io.github.relumax.report;

import io.github.relumax.newton.Solution;

/**
 * One solve of a benchmark.
 *
 * @param distance ‖x - x*‖ / ‖x*‖
 */
public record BenchmarkSolve(Solution solution, double distance) {
  /** The distance that a solve of a planted problem has to reach. */
  public static final double NEAR = 1e-8;

  /** Whether it converged to x*. */
  public boolean found() {
    return solution.converged() && distance <= NEAR;
  }
}
