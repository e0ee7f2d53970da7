package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.report.Format;

/**
 * Which path a solve takes, and why.
 *
 * @param choice what was asked for
 * @param kept what the solve needs when C is kept
 * @param streamed what it needs when C is streamed
 * @param available bytes that were there
 */
record PathDecision(PathChoice choice, SolveMemory kept, SolveMemory streamed, long available) {
  static PathDecision of(Backend backend, int m, int n, int d, PathChoice choice, long available) {
    return new PathDecision(
        choice,
        SolveMemory.of(backend, m, n, d, CurvaturePath.KEPT),
        SolveMemory.of(backend, m, n, d, CurvaturePath.STREAMED),
        available);
  }

  /** What was asked for; for auto, kept if it fits. */
  CurvaturePath path() {
    return choice
        .forced()
        .orElse(kept.fits(available) ? CurvaturePath.KEPT : CurvaturePath.STREAMED);
  }

  /** What the path taken needs. */
  SolveMemory memory() {
    return path() == CurvaturePath.KEPT ? kept : streamed;
  }

  boolean fits() {
    return memory().fits(available);
  }

  /** The path and its reason. */
  String line() {
    if (path() == CurvaturePath.KEPT) {
      return "kept: C takes " + Format.bytes(kept.cBytes());
    }
    return choice == PathChoice.AUTO
        ? "streamed: with C kept it takes %s, available are %s"
            .formatted(Format.bytes(kept.bytes()), Format.bytes(available))
        : "streamed, as asked for: a block of C takes " + Format.bytes(streamed.cBytes());
  }
}
