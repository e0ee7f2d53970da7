package io.github.relumax.plan;

import io.github.relumax.backend.Backend;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
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

  /** The decision for an m x n x d problem. */
  public static PathDecision of(
      Backend backend, int m, int n, int d, PathChoice choice, long available) {
    return new PathDecision(
        choice,
        SolveMemory.of(backend, m, n, d, CurvaturePath.KEPT),
        SolveMemory.of(backend, m, n, d, CurvaturePath.STREAMED),
        available);
  }

  /** What was asked for; for auto, kept if it fits. */
  public CurvaturePath path() {
    return choice
        .forced()
        .orElse(kept.fits(available) ? CurvaturePath.KEPT : CurvaturePath.STREAMED);
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
