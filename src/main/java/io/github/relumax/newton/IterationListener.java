package io.github.relumax.newton;

/** Told of the start and of every accepted step, on the solver's thread. */
@FunctionalInterface
public interface IterationListener {
  void onIteration(Iteration iteration);

  /** Does nothing. */
  static IterationListener none() {
    return iteration -> {};
  }
}
