package io.github.relumax.newton;

import java.util.List;

/**
 * Told how a solve of many targets goes, on one thread at a time, though not always on the same.
 * Targets are numbered from 0 on.
 */
public interface TargetListener {
  /**
   * Before the first one begins.
   *
   * @param atOnce how many targets are under way at once, at most
   */
  default void onBegin(int atOnce) {}

  /** The start of a target, or a step of it that was accepted. */
  default void onIteration(int target, Iteration iteration) {}

  /** A target has ended, whether it converged or not. */
  default void onSolution(int target, Solution solution) {}

  /**
   * The solve ends with an error, which is thrown next.
   *
   * @param solutions for each target, as of an interrupted solve: those whose own work failed are
   *     {@link Status#FAILED}, others that had not ended {@link Status#INTERRUPTED}
   */
  default void onFailure(List<Solution> solutions) {}

  /** Does nothing. */
  static TargetListener none() {
    return new TargetListener() {};
  }
}
