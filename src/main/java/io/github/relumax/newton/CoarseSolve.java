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
 * @param taken whether the whole problem's loss was lower there than at the start, so that the
 *     solve went on from there
 * @param further what descending again in it took and brought
 */
public record CoarseSolve(
    int rows,
    StepMethod method,
    Status status,
    int iterations,
    double loss,
    double seconds,
    boolean taken,
    Optional<FurtherDescents> further) {}
