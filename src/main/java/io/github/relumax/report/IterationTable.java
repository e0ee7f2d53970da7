package io.github.relumax.report;

import io.github.relumax.newton.Iteration;

/** Iterations as aligned lines of text. */
public final class IterationTable {
  private static final String LAYOUT = "%5s  %13s  %10s  %10s  %7s  %8s  %7s  %6s  %9s";

  private static final String NONE = "-";

  private IterationTable() {}

  /** The names of the columns. */
  public static String header() {
    return LAYOUT.formatted(
        "iter", "loss", "‖g‖", "‖step‖", "gain", "damping", "active", "flips", "seconds");
  }

  /** One line; what an iteration does not have is a dash. */
  public static String row(Iteration iteration) {
    boolean isStart = iteration.number() == 0;
    double gain = iteration.gainRatio();
    return LAYOUT.formatted(
        iteration.number(),
        Format.scientific(iteration.loss(), 7),
        Format.scientific(iteration.gradientNorm()),
        isStart ? NONE : Format.scientific(iteration.stepNorm()),
        Double.isNaN(gain) ? NONE : Format.fixed(gain, 3),
        isStart ? NONE : Format.scientific(iteration.damping(), 1),
        iteration.activeUnits(),
        isStart ? NONE : iteration.flips(),
        Format.fixed(iteration.seconds(), 3));
  }
}
