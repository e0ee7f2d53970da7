package io.github.relumax.report;

import java.util.List;

/**
 * How an ε that was asked for compares with the estimates of a solve's steps.
 *
 * @param asked the ε
 * @param steps accepted steps
 * @param held steps whose estimate was not above it
 * @param worst the largest estimate; NaN where a step has none
 */
public record EpsilonHeld(double asked, int steps, int held, double worst) {
  /** Of these estimates; NaN counts as not held. */
  static EpsilonHeld of(double asked, List<Double> estimates) {
    int held = (int) estimates.stream().filter(epsilon -> epsilon <= asked).count();
    double worst = estimates.stream().mapToDouble(Double::doubleValue).reduce(0, Math::max);
    return new EpsilonHeld(asked, estimates.size(), held, worst);
  }

  /** Whether it held in every step. */
  public boolean everywhere() {
    return held == steps;
  }

  /** One line for a person. */
  String words() {
    if (steps == 0) {
      return "ε = %s was asked for: there was no step".formatted(asked);
    }
    return "ε = %s was asked for: by the estimates it held in %s of %s steps, worst %s"
        .formatted(asked, held, steps, Format.scientific(worst, 1));
  }
}
