package io.github.relumax.report;

import io.github.relumax.newton.Approximation;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.StepMethod;

/** Iterations as aligned lines of text; what an iteration does not have is a dash. */
public final class IterationTable {
  private static final String LAYOUT = "%5s  %13s  %10s  %10s  %7s  %8s  %7s  %6s  %6s  %9s";
  private static final String SAMPLED = "  %8s  %8s  %8s";
  private static final String NONE = "-";

  /** From here on gains would not fit their column. */
  private static final double LARGE_GAIN = 100;

  private final boolean samples;

  /** A table of a solve by this method. */
  public IterationTable(StepMethod method) {
    samples = method.samples();
  }

  /** The names of the columns. */
  public String header() {
    String header =
        LAYOUT.formatted(
            "iter", "loss", "‖g‖", "‖step‖", "gain", "damping", "active", "flips", "kinks",
            "seconds");
    return samples ? header + SAMPLED.formatted("rows", "ε", "products") : header;
  }

  /** One line. */
  public String row(Iteration iteration) {
    boolean isStart = iteration.number() == 0;
    double gain = iteration.gainRatio();
    String row =
        LAYOUT.formatted(
            iteration.number(),
            Format.scientific(iteration.loss(), 7),
            Double.isNaN(iteration.gradientNorm())
                ? NONE
                : Format.scientific(iteration.gradientNorm()),
            isStart ? NONE : Format.scientific(iteration.stepNorm()),
            Double.isNaN(gain) ? NONE : gain(gain),
            isStart ? NONE : Format.scientific(iteration.damping(), 1),
            iteration.activeUnits(),
            isStart ? NONE : iteration.flips(),
            isStart ? NONE : iteration.atKink(),
            Format.fixed(iteration.seconds(), 3));
    return samples ? row + sampled(iteration.approximation(), isStart) : row;
  }

  /** A ratio far from 1 is of two numbers of which one is 0, about: its digits say nothing. */
  private static String gain(double ratio) {
    return Math.abs(ratio) < LARGE_GAIN ? Format.fixed(ratio, 3) : Format.scientific(ratio, 0);
  }

  private static String sampled(Approximation approximation, boolean isStart) {
    return SAMPLED.formatted(
        isStart ? NONE : approximation.rows() == 0 ? "all" : approximation.rows(),
        isStart || Double.isNaN(approximation.epsilon())
            ? NONE
            : Format.scientific(approximation.epsilon(), 1),
        isStart ? NONE : approximation.products());
  }
}
