package io.github.relumax.cli;

import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.model.InvalidInputException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** What a user sees of a failure: one line, and an exit code. */
final class Failures {
  /** Set this variable to 1 for stack traces and the log. */
  static final String DEBUG = "RELUMAX_DEBUG";

  private Failures() {}

  static boolean debug() {
    String value = System.getenv(DEBUG);
    return value != null && !value.isEmpty() && !value.equals("0");
  }

  /** Prints the line, and the stack trace where it was asked for; returns the exit code. */
  static int report(Throwable failure, PrintWriter err) {
    Throwable cause = known(failure);
    err.println("relumax: " + printable(line(cause)));
    if (debug()) {
      failure.printStackTrace(err);
    }
    err.flush();
    return exitCode(cause);
  }

  /**
   * Solves and ends with what came out. Where the solve fails, ends with what there is then, and
   * throws the failure.
   *
   * @param end writes results, and returns an exit code
   * @param atFailure what the solve had come to, if it is worth anything
   */
  static <T> int keeping(Supplier<T> solve, ToIntFunction<T> end, Supplier<Optional<T>> atFailure) {
    T solution;
    try {
      solution = solve.get();
    } catch (RuntimeException | Error failure) {
      try {
        Optional<T> kept = atFailure.get();
        if (kept.isPresent()) {
          // The exit code is that of the failure.
          int _ = end.applyAsInt(kept.get());
        }
      } catch (RuntimeException | Error another) {
        failure.addSuppressed(another);
      }
      throw failure;
    }
    return end.applyAsInt(solution);
  }

  /** Whether reading a mapped file failed: it was cut short, or its disk is broken. */
  static boolean isMappedFileFault(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof InternalError
          && t.getMessage() != null
          && t.getMessage().contains("unsafe memory access")) {
        return true;
      }
    }
    return false;
  }

  /** The first failure in the chain of causes that means something to a user, else the first. */
  private static Throwable known(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (exitCode(t) != ExitCode.INTERNAL_ERROR) {
        return t;
      }
    }
    return failure;
  }

  private static int exitCode(Throwable failure) {
    return switch (failure) {
      case InvalidInputException _ -> ExitCode.BAD_INPUT;
      case BackendUnavailableException _, InsufficientMemoryException _, OutOfMemoryError _ ->
          ExitCode.UNAVAILABLE;
      default -> ExitCode.INTERNAL_ERROR;
    };
  }

  private static String line(Throwable failure) {
    return switch (failure) {
      case InvalidInputException e -> e.getMessage();
      case BackendUnavailableException e -> e.getMessage();
      case InsufficientMemoryException e -> e.getMessage();
      case OutOfMemoryError e ->
          "not enough memory: "
              + e.getMessage()
              + "; raise the Java heap, for instance RELUMAX_JAVA_OPTS=-Xmx8g";
      default ->
          "internal error: "
              + failure
              + (debug() ? "" : "; set " + DEBUG + "=1 to see where, and please report it");
    };
  }

  /**
   * One line, with nothing in it that a terminal would act on: names of files may hold anything.
   */
  private static String printable(String line) {
    StringBuilder result = new StringBuilder();
    line.codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .forEach(result::appendCodePoint);
    return result.toString();
  }
}
