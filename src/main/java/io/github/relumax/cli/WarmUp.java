package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Solves a small problem again and again on another thread while a large one is read, so that the
 * JIT has compiled most of the solver by the time it starts: on large matrices, code that is not
 * compiled yet takes longer than the compiler does.
 */
final class WarmUp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  /** Below this size of A2 a solve is over before a warm-up would be. */
  private static final long LARGE = 128L << 20;

  /** How long the solver is warmed up at least, in nanoseconds; reading usually takes longer. */
  private static final long LEAST = 600_000_000;

  private static final long LARGE_BUFFER = 2L << 20;

  // Not multiples of any block: every loop's remainder is compiled too.
  private static final int M = 203;
  private static final int N = 60;
  private static final int D = 43;
  private static final int NON_ZERO_EVERY = 7;

  private final Thread thread;
  private volatile boolean ready;

  private WarmUp() {
    thread = new Thread(this::solve, "relumax-warm-up");
    thread.setDaemon(true);
  }

  /** Starts if the problem in this folder is large; close when it has been read. */
  static WarmUp reading(Path dir) {
    WarmUp warmUp = new WarmUp();
    if (isLarge(dir.resolve(ProblemDirectory.A2))) {
      warmUp.thread.start();
    }
    return warmUp;
  }

  private static boolean isLarge(Path file) {
    try {
      return Files.size(file) >= LARGE;
    } catch (IOException e) {
      // Whoever reads the file says what is wrong with it.
      return false;
    }
  }

  private void solve() {
    try {
      solveRepeatedly();
    } catch (RuntimeException e) {
      // Whatever keeps it from solving keeps the real solve too, which says so.
      LOG.debug("warm-up", e);
    }
  }

  private void solveRepeatedly() {
    long began = System.nanoTime();
    PlantedProblem planted = planted();
    try (Backend backend = Backends.open("cpu", new BackendOptions(1))) {
      // The first large buffer is not made in the same way as small ones; its pages are not used.
      backend.allocate(1, LARGE_BUFFER).close();
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      Problem sparse = sparse(planted.problem());
      while (!ready || System.nanoTime() - began < LEAST) {
        solver.solve(planted.problem(), planted.x0());
        solver.solve(sparse, planted.x0());
      }
    }
  }

  static PlantedProblem planted() {
    return PlantedProblem.generate(M, N, D, 4, 0, ElementType.FLOAT64, 0.3, 1);
  }

  /**
   * One like it whose A2 is mostly zeros: kept as its non-zeros, and with a minimum at kinks, since
   * no x attains the target any more.
   */
  static Problem sparse(Problem dense) {
    double[] entries = new double[M * N];
    int nonZeros = 0;
    for (int at = 0; at < entries.length; at += NON_ZERO_EVERY) {
      entries[at] = dense.a2().get(at / N, at % N);
      nonZeros += entries[at] == 0 ? 0 : 1;
    }
    return Problem.of(dense.a1(), Matrix.of(M, N, entries).withNonZeros(nonZeros), dense.b());
  }

  @Override
  public void close() {
    ready = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      // The solver sees the interrupt.
      Thread.currentThread().interrupt();
    }
  }
}
