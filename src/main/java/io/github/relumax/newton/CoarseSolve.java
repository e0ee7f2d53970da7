package io.github.relumax.newton;

import java.util.Optional;

/**
 * What became of the coarse problem.
 *
 * @param rows of A2 that it had
 * @param method what stood for H in it
 * @param status why the descent ended that was kept
 * @param iterations the steps of all its descents, which {@link Solution#iterations} counts as one
 * @param loss its own, where its solve ended
 * @param seconds for choosing and copying its rows and solving it
 * @param length what part of the way from the start to that end the solve went: 1, or 1/2 or 1/4
 *     where the whole problem's loss was no lower than at the start before, or 0
 * @param further what descending again in it took and brought
 */
public record CoarseSolve(
    int rows,
    StepMethod method,
    Status status,
    int iterations,
    double loss,
    double seconds,
    double length,
    Optional<FurtherDescents> further) {
  /** Whether the solve went there, or to a point on the way. */
  public boolean taken() {
    return length > 0;
  }
}
