package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.theory.DataCurvature;
import io.github.relumax.theory.Weights;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The problem folder, and the regulariser that replaces its own. */
final class ProblemMixin {
  private static final String AUTO = "auto";

  @Parameters(
      paramLabel = "DIR",
      description =
          "Folder with a1.npy (n x d), a2.npy (m x n), b.npy (m), and where wanted w.npy (m),"
              + " x0.npy (d) and x_star.npy (d).")
  private Path dir;

  @Option(
      names = "--weight",
      paramLabel = "VALUE|FILE|auto[:L]",
      description = {
        "Regulariser W = VALUE * I, or W = diag of the m numbers in an .npy FILE. Only the squares"
            + " count; 0 is none. auto:L takes the smallest VALUE for which the Hessian at x (of a"
            + " solve, its start) has no eigenvalue below L; auto alone the same for L ="
            + " 0.001 mean |H_jj|.",
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

  /** The same for many targets, the columns of a file. */
  ProblemDirectory open(Path targets, Console console) {
    return console.during("reading " + dir, _ -> ProblemDirectory.open(dir, targets));
  }

  /** Whether W is to be {@link #weigh chosen}. */
  boolean choosesWeight() {
    return isAuto();
  }

  /**
   * The folder's problem with --weight; for auto without W, which {@link #weigh} then chooses.
   *
   * @throws InvalidInputException if the weight cannot be used
   */
  Problem problem(ProblemDirectory folder) {
    Problem problem = folder.problem();
    if (weight == null) {
      return problem;
    }
    if (isAuto()) {
      leastEigenvalue();
      return problem.withWeight(0);
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
   * A problem with the W that was asked for.
   *
   * @param chosen how, for --weight auto
   */
  record Weighted(Problem problem, Optional<Weights> chosen) {}

  /**
   * Chooses W where --weight is auto.
   *
   * @param problem from {@link #problem}
   * @param x where the Hessian is looked at
   * @throws InvalidInputException if no W makes the Hessian there positive definite
   * @throws io.github.relumax.matrix.InsufficientMemoryException if there is too little memory
   */
  Weighted weigh(Backend backend, Problem problem, double[] x, Console console) {
    if (!isAuto()) {
      return new Weighted(problem, Optional.empty());
    }
    CurvaturePath path =
        Memory.requireFull(backend, problem, DataCurvature.bytes(problem.m(), problem.d())).path();
    try {
      Weights weights =
          console.during(
              "choosing the weight", _ -> Weights.at(backend, problem, path, x, leastEigenvalue()));
      return new Weighted(problem.withWeight(weights.smallest()), Optional.of(weights));
    } catch (InvalidInputException e) {
      throw new InvalidInputException("--weight " + weight + ": " + e.getMessage(), e);
    }
  }

  /** L of --weight auto:L. */
  OptionalDouble leastEigenvalue() {
    if (!isAuto() || weight.equals(AUTO)) {
      return OptionalDouble.empty();
    }
    double least = number(weight.substring(AUTO.length() + 1)).orElse(Double.NaN);
    if (!(least > 0 && Double.isFinite(least))) {
      throw new InvalidInputException(
          "--weight %s: expected auto, or auto:L with a finite number L above 0".formatted(weight));
    }
    return OptionalDouble.of(least);
  }

  private boolean isAuto() {
    return weight != null && (weight.equals(AUTO) || weight.startsWith(AUTO + ":"));
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
