package io.github.relumax.plan;

import io.github.relumax.backend.Backend;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.newton.CoarseSize;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import java.util.Optional;

/**
 * Which path a solve takes, and why.
 *
 * @param choice what was asked for
 * @param kept what the solve needs when C is kept
 * @param streamed what it needs when C is streamed
 * @param available bytes that were there
 * @param coarse the coarse problem that comes first, where what the path leaves has room for it
 */
public record PathDecision(
    PathChoice choice,
    SolveMemory kept,
    SolveMemory streamed,
    long available,
    Optional<CoarseSize> coarse) {

  /** The decision for an m x n x d problem whose A2 is dense. */
  public static PathDecision of(
      Backend backend,
      int m,
      int n,
      int d,
      ElementType type,
      NewtonOptions options,
      long available) {
    return of(backend, m, n, d, type, (long) m * n, options, available);
  }

  /** The same where so many entries of A2 are not zero. */
  public static PathDecision of(
      Backend backend,
      int m,
      int n,
      int d,
      ElementType type,
      long nonZeros,
      NewtonOptions options,
      long available) {
    SolveMemory kept =
        SolveMemory.of(backend, m, n, d, nonZeros, CurvaturePath.KEPT, options.curvature());
    SolveMemory streamed =
        SolveMemory.of(backend, m, n, d, nonZeros, CurvaturePath.STREAMED, options.curvature());
    PathDecision path =
        new PathDecision(options.path(), kept, streamed, available, Optional.empty());
    long left = available - path.memory().bytes();
    return new PathDecision(
        options.path(),
        kept,
        streamed,
        available,
        CoarseSize.of(backend, m, n, d, type, nonZeros, options, left));
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
