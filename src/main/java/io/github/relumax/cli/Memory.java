package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.Format;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Refuses, before it is allocated, what the memory that is there cannot hold. */
final class Memory {
  private Memory() {}

  /**
   * Checks that A1 (n x d) and A2 (m x n) can be had.
   *
   * @param least the smallest storage of A2 that the command offers
   * @return the bytes that they take
   * @throws InsufficientMemoryException if they cannot
   */
  static long requireMatrices(int m, int n, int d, ElementType type, ElementType least) {
    long bytes = matrixBytes(m, n, d, type);
    String what = "A1 (%s x %s) and A2 (%s x %s) take".formatted(n, d, m, n);
    long available = SystemMemory.available();
    long leastBytes = matrixBytes(m, n, d, least);
    require(
        bytes,
        available,
        what,
        leastBytes <= available
            ? "--dtype f32 takes " + Format.bytes(leastBytes)
            : "make them smaller, or use a machine with more");
    long limit = SystemMemory.matrixLimit();
    if (bytes > limit) {
      throw new InsufficientMemoryException(
          "not enough memory: %s %s, Java may use %s outside its heap; raise"
                  .formatted(what, Format.bytes(bytes), Format.bytes(limit))
              + " -XX:MaxDirectMemorySize");
    }
    return bytes;
  }

  /** Bytes of A1 in float64 and A2, or the largest long. */
  private static long matrixBytes(int m, int n, int d, ElementType type) {
    try {
      return Math.addExact(Matrix.bytes(n, d, ElementType.FLOAT64), Matrix.bytes(m, n, type));
    } catch (IllegalArgumentException | ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /**
   * Chooses the path for a problem and checks that the machine can give what solving it takes
   * beside A1 and A2, which are mapped files, or in memory already.
   *
   * @throws InsufficientMemoryException if it cannot
   */
  static PathDecision requireSolve(Backend backend, Problem problem, NewtonOptions options) {
    return requireSolve(backend, problem, options, 0);
  }

  /**
   * The same for a command that sums the curvature over all rows of C, where {@code taken} bytes of
   * what is available are spoken for.
   */
  static PathDecision requireFull(Backend backend, Problem problem, long taken) {
    NewtonOptions full = NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL);
    return requireSolve(backend, problem, full, taken);
  }

  /** The same where {@code taken} bytes of what is available are spoken for. */
  static PathDecision requireSolve(
      Backend backend, Problem problem, NewtonOptions options, long taken) {
    PathDecision decision =
        PathDecision.of(
            backend,
            problem.m(),
            problem.n(),
            problem.d(),
            problem.a2().type(),
            problem.a2().nonZeros(),
            options,
            SolveMemory.available(backend, problem) - taken);
    String sizes = "m = %s, n = %s, d = %s".formatted(problem.m(), problem.n(), problem.d());
    if (backend.memory().separate()) {
      requireSolve(
          decision,
          sizes + " on " + backend.description().device(),
          "--dtype f32 halves what A1 and A2 take there, and --backend cpu needs none of it");
    } else {
      requireSolve(decision, sizes);
    }
    return decision;
  }

  /**
   * @param sizes for the message
   */
  static void requireSolve(PathDecision decision, String sizes) {
    requireSolve(decision, sizes, "end other programs, or use a machine with more");
  }

  private static void requireSolve(PathDecision decision, String sizes, String lastResort) {
    boolean streamedFits = decision.streamed().fits(decision.available());
    require(
        decision.memory().bytes(),
        decision.available(),
        "solving %s takes".formatted(sizes),
        largestPart(decision.memory())
            + (streamedFits
                ? "--path streamed takes " + Format.bytes(decision.streamed().bytes())
                : lastResort));
  }

  /**
   * Checks, before they are read, that the machine can hold the files of A1 and A2.
   *
   * @throws InsufficientMemoryException if it cannot
   */
  static void requireFiles(Path dir) {
    // A file that is not there has no length; reading it says so.
    long a1 = dir.resolve(ProblemDirectory.A1).toFile().length();
    long a2 = dir.resolve(ProblemDirectory.A2).toFile().length();
    require(
        a1 + a2,
        SystemMemory.available(),
        "%s and %s in %s take".formatted(ProblemDirectory.A1, ProblemDirectory.A2, dir),
        "end other programs, or use a machine with more");
  }

  /**
   * Chooses the path for a benchmark and checks, before there is a problem, that its matrices, its
   * solves and its ceilings can be had together.
   *
   * @throws InsufficientMemoryException if they cannot
   */
  static PathDecision requireBenchmark(
      Backend backend,
      int m,
      int n,
      int d,
      ElementType type,
      NewtonOptions options,
      long available) {
    long left = left(available, m, n, d, type);
    PathDecision decision = PathDecision.of(backend, m, n, d, type, options, left);
    if (!decision.fits()) {
      String advice = "end other programs, or take smaller sizes";
      for (ElementType less : List.of(type, ElementType.FLOAT32)) {
        if (decision.streamed().fits(left(available, m, n, d, less))) {
          String path = options.path() == PathChoice.KEPT ? " --path streamed" : "";
          advice = "it fits with" + path + (less == type ? "" : " --dtype f32");
          break;
        }
      }
      require(
          (long) ((double) available - left + decision.memory().bytes()),
          available,
          "a benchmark with m = %s, n = %s, d = %s takes".formatted(m, n, d),
          largestPart(decision.memory()) + advice);
    }
    return decision;
  }

  /** What a benchmark's matrices and ceilings leave; below 0 where that is nothing. */
  private static long left(long available, int m, int n, int d, ElementType type) {
    return (long) (available - (double) matrixBytes(m, n, d, type) - Ceilings.bytes());
  }

  /** Names the part that a refusal is mostly about. */
  private static String largestPart(SolveMemory memory) {
    SolveMemory.Part largest =
        memory.parts().stream()
            .max(Comparator.comparingLong(SolveMemory.Part::bytes))
            .orElseThrow();
    return "%s alone %s; ".formatted(largest.name(), Format.bytes(largest.bytes()));
  }

  /**
   * Checks that the machine can give this much.
   *
   * @param what needs it, with a verb: "solving ... takes"
   * @param advice what to change
   * @throws InsufficientMemoryException if it cannot
   */
  static void require(long bytes, long available, String what, String advice) {
    if (bytes > available) {
      throw new InsufficientMemoryException(
          "not enough memory: %s %s, available are %s; %s"
              .formatted(what, Format.bytes(bytes), Format.bytes(available), advice));
    }
  }
}
