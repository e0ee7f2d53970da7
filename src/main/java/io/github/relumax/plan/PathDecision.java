package io.github.relumax.plan;

import io.github.relumax.backend.Backend;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;

/**
 * Which path a solve takes, and why.
 *
 * @param choice what was asked for
 * @param kept what the solve needs when C is kept
 * @param streamed what it needs when C is streamed
 * @param available bytes that were there
 */
public record PathDecision(
    PathChoice choice, SolveMemory kept, SolveMemory streamed, long available) {

  /** The decision for an m x n x d problem whose A2 is dense. */
  public static PathDecision of(
      Backend backend, int m, int n, int d, NewtonOptions options, long available) {
    return of(backend, m, n, d, (long) m * n, options, available);
  }

  /** The same where so many entries of A2 are not zero. */
  public static PathDecision of(
      Backend backend, int m, int n, int d, long nonZeros, NewtonOptions options, long available) {
    return new PathDecision(
        options.path(),
        SolveMemory.of(backend, m, n, d, nonZeros, CurvaturePath.KEPT, options.curvature()),
        SolveMemory.of(backend, m, n, d, nonZeros, CurvaturePath.STREAMED, options.curvature()),
        available);
  }

  /** What was asked for; for auto, kept if it fits. */
  public CurvaturePath path() {
    return choice
        .forced()
        .orElse(kept.fits(available) ? CurvaturePath.KEPT : CurvaturePath.STREAMED);
  }

  /** What stands for H on the path taken. */
  public StepMethod method() {
    return memory().method();
  }

  /** What the path taken needs. */
  public SolveMemory memory() {
    return path() == CurvaturePath.KEPT ? kept : streamed;
  }

  /** Whether there is enough for it. */
  public boolean fits() {
    return memory().fits(available);
  }
}
