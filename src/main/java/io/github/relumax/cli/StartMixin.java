package io.github.relumax.cli;

import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import java.nio.file.Path;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** Where a solve begins. */
final class StartMixin {
  private static final String RANDOM = "random";

  @Option(
      names = "--start",
      paramLabel = "FILE|random",
      description =
          "Where to begin; with --targets one point for all, or a FILE with a row for each (k x d)."
              + " Default: x0.npy in DIR, or random where there is none.")
  private String start;

  @Option(
      names = "--seed",
      paramLabel = "K",
      description = "Seed of a random start; asks for one by itself. Default: 1.")
  private Long seed;

  /**
   * What was chosen.
   *
   * @param points one for all targets, or one for each
   * @param name of the file, or "random"
   * @param seed of a random point
   */
  record Start(double[][] points, String name, OptionalLong seed) {
    private static Start at(double[] point, String name) {
      return new Start(new double[][] {point}, name, OptionalLong.empty());
    }

    /** The point, where there is one for all. */
    double[] x() {
      return points[0];
    }
  }

  /**
   * One point.
   *
   * @param folder whose x0 is the default
   * @throws InvalidInputException if the options do not go together, or the file does not hold d
   *     finite numbers
   */
  Start one(ProblemDirectory folder, Problem problem) {
    boolean isRandom = start == null ? seed != null || folder.x0().isEmpty() : start.equals(RANDOM);
    if (isRandom) {
      long used = seed == null ? 1 : seed;
      double[] point = PlantedProblem.randomStart(problem.d(), used);
      return new Start(new double[][] {point}, RANDOM, OptionalLong.of(used));
    }
    requireNoSeed();
    return start == null
        ? Start.at(folder.x0().orElseThrow(), ProblemDirectory.X0)
        : Start.at(ProblemMixin.point("--start", start, problem), start);
  }

  /**
   * A point for each target, where the file of --start has a row for each, else {@link #one}.
   *
   * @throws InvalidInputException if the options do not go together, or the file holds neither
   */
  Start forAll(ProblemDirectory folder, Targets targets) {
    if (start == null || start.equals(RANDOM)) {
      return one(folder, targets.common());
    }
    Path file = Arguments.file("--start", start, "expected an .npy file with d numbers, or k x d");
    Matrix points = NpyFile.read(file);
    int k = targets.count();
    int d = targets.common().d();
    if (points.rows() != k || points.columns() != d) {
      if (points.rows() == 1 || points.columns() == 1) {
        // One for all, or not even that.
        return one(folder, targets.common());
      }
      throw new InvalidInputException(
          "%s: %d x %d, expected %d x %d, a row for each target, or %d numbers for all"
              .formatted(file, points.rows(), points.columns(), k, d, d));
    }
    requireNoSeed();
    double[][] each = new double[k][];
    for (int target = 0; target < k; target++) {
      each[target] = points.row(target);
      targets.common().checkStart(each[target], file + ", row " + target);
    }
    return new Start(each, start, OptionalLong.empty());
  }

  private void requireNoSeed() {
    if (seed != null) {
      throw new InvalidInputException(
          "--seed is for a random start and does not go with --start " + start);
    }
  }
}
