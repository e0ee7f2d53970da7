package io.github.relumax.newton;

import java.util.function.Supplier;

/** Told how a solve goes, on the solver's thread. */
@FunctionalInterface
public interface IterationListener {
  /** The start, or a step that was accepted. */
  void onIteration(Iteration iteration);

  /**
   * Called right after {@link #onIteration}.
   *
   * @param x gives a copy of the iterate, from wherever it lies; of use during this call only
   */
  default void onPoint(Supplier<double[]> x) {}

  /**
   * The solve ends with an error, which is thrown next; not called where it fails before the start
   * was reported.
   *
   * @param best the last point that was reported, {@link Status#FAILED}
   */
  default void onFailure(Solution best) {}

  /** The work of a phase begins. Phases do not nest, and there may be work between them. */
  default void phaseBegins(Phase phase) {}

  /** The work of that phase has ended. */
  default void phaseEnds(Phase phase) {}

  /** Does nothing. */
  static IterationListener none() {
    return iteration -> {};
  }
}
