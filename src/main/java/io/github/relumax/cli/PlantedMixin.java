package io.github.relumax.cli;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import picocli.CommandLine.Option;

/** The options, beside its sizes, that say which planted problem is drawn. */
final class PlantedMixin {
  @Option(
      names = "--scale",
      paramLabel = "S",
      defaultValue = "4",
      description = "Scale of A2: the larger, the more peaked b is. Default: ${DEFAULT-VALUE}.")
  private double scale;

  @Option(
      names = "--start-distance",
      paramLabel = "S",
      defaultValue = "0.3",
      description = "Start x0 = x* + S N(0, I). Default: ${DEFAULT-VALUE}.")
  private double startDistance;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Same seed, same problem. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "f64|f32",
      defaultValue = "f64",
      description = "Storage of A2: float64 or float32. Default: ${DEFAULT-VALUE}.")
  private Dtype dtype;

  double scale() {
    return scale;
  }

  double startDistance() {
    return startDistance;
  }

  long seed() {
    return seed;
  }

  /**
   * Draws the problem.
   *
   * @throws io.github.relumax.model.InvalidInputException if an option's value cannot be used
   */
  PlantedProblem draw(int m, int n, int d, double noise) {
    return PlantedProblem.generate(m, n, d, scale, noise, type(), startDistance, seed);
  }

  /** Storage of A2. */
  ElementType type() {
    return dtype.type();
  }
}
