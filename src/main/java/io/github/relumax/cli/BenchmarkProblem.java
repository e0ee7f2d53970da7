package io.github.relumax.cli;

import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a benchmark solves, in memory.
 *
 * @param x0 where every solve begins
 * @param xStar the answer, where it is known
 */
record BenchmarkProblem(Problem problem, double[] x0, Optional<double[]> xStar) {

  static BenchmarkProblem of(PlantedProblem planted) {
    return new BenchmarkProblem(planted.problem(), planted.x0(), Optional.of(planted.xStar()));
  }

  /**
   * Reads a problem folder.
   *
   * @throws InvalidInputException if something in it cannot be used, or it has no x0
   * @throws io.github.relumax.matrix.InsufficientMemoryException if A1 and A2 do not fit
   */
  static BenchmarkProblem read(Path dir) {
    Memory.requireFiles(dir);
    ProblemDirectory folder = ProblemMixin.using(dir, () -> ProblemDirectory.load(dir));
    double[] x0 =
        folder
            .x0()
            .orElseThrow(() ->
                new InvalidInputException(
                    dir.resolve(ProblemDirectory.X0)
                        + ": no such file, expected the point that every solve begins at"));
    return new BenchmarkProblem(folder.problem(), x0, folder.xStar());
  }
}
