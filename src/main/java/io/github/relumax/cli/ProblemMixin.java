package io.github.relumax.cli;

import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The problem folder, and the regulariser that replaces its own. */
final class ProblemMixin {
  @Parameters(
      paramLabel = "DIR",
      description =
          "Folder with a1.npy (n x d), a2.npy (m x n), b.npy (m), and where wanted w.npy (m),"
              + " x0.npy (d) and x_star.npy (d).")
  private Path dir;

  @Option(
      names = "--weight",
      paramLabel = "VALUE|FILE",
      description = {
        "Regulariser W = VALUE * I, or W = diag of the m numbers in an .npy FILE. Only the squares"
            + " count; 0 is none.",
        "Default: w.npy in DIR, or none."
      })
  private String weight;

  Path dir() {
    return dir;
  }

  /** The value of --weight. */
  Optional<String> weight() {
    return Optional.ofNullable(weight);
  }

  /**
   * Reads and checks the folder, showing progress.
   *
   * @throws InvalidInputException if something in it cannot be used
   */
  ProblemDirectory open(Console console) {
    return console.during("reading " + dir, _ -> ProblemDirectory.open(dir));
  }

  /**
   * The folder's problem with --weight.
   *
   * @throws InvalidInputException if the weight cannot be used
   */
  Problem problem(ProblemDirectory folder) {
    Problem problem = folder.problem();
    if (weight == null) {
      return problem;
    }
    Optional<Double> value = number(weight);
    if (value.isPresent()) {
      if (!Double.isFinite(value.get())) {
        throw new InvalidInputException(
            "--weight %s: expected a finite number or an .npy file".formatted(weight));
      }
      return problem.withWeight(value.get());
    }
    Path file = Arguments.file("--weight", weight, "expected a number or an .npy file");
    return problem.withWeights(NpyFile.readVector(file), file.toString());
  }

  /**
   * The point that an option names.
   *
   * @throws InvalidInputException if the file does not hold d finite numbers
   */
  static double[] point(String option, String value, Problem problem) {
    Path file = Arguments.file(option, value, "expected an .npy file with d numbers");
    double[] x = NpyFile.readVector(file);
    problem.checkStart(x, file.toString());
    return x;
  }

  /**
   * Does work that reads the folder's mapped files.
   *
   * @throws InvalidInputException if one was cut short, or its disk failed, meanwhile
   */
  int using(IntSupplier work) {
    return using(dir, work::getAsInt);
  }

  /** The same for any folder and work. */
  static <T> T using(Path dir, Supplier<T> work) {
    try {
      return work.get();
    } catch (InternalError | IllegalStateException e) {
      if (Failures.isMappedFileFault(e)) {
        throw new InvalidInputException(
            dir + ": a file was cut short, or its disk failed, while it was in use; restore it", e);
      }
      throw e;
    }
  }

  private static Optional<Double> number(String text) {
    try {
      return Optional.of(Double.valueOf(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
