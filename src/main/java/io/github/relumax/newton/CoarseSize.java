package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.objective.CurvaturePath;
import java.util.Optional;

/**
 * The coarse problem of a solve, before its rows are chosen.
 *
 * @param rows of A2 that it has
 * @param method what stands for H in it
 * @param bytes that it takes where the backend computes
 * @param conditional whether there is none after all where its rows have less than half of b and f
 * @param rivals whether it is solved twice, for a lower minimum, as if at once: with short steps,
 *     which a thread each is enough for
 * @param apart whether they have a thread each here
 */
public record CoarseSize(
    int rows, StepMethod method, long bytes, boolean conditional, boolean rivals, boolean apart) {
  /** Below this a solve takes milliseconds. */
  static final int LEAST_M = 8192;

  /** Rows for each entry of x: what is left of noise in b moves x by a third of it. */
  private static final int MULTIPLE = 8;

  /** As part of all rows: so many cost little... */
  private static final int SMALL_PART = 16;

  /** ...and more than so many too much. */
  private static final int LARGEST_PART = 8;

  /** Fewer rows for each entry of x leave x undetermined. */
  private static final int LEAST_MULTIPLE = 2;

  /**
   * Steps of the non-zeros of A2 with a Gram matrix of so many operations are hardly faster on
   * several threads than on one.
   */
  private static final double SMALL_STEP = 1e8;

  /** What the rows of A2, if they are copied, and those of C may take. */
  private static final long MOST_BYTES = 256L << 20;

  /**
   * The coarse problem of an m x n x d problem; empty where there is none.
   *
   * @param nonZeros entries of A2 that are not zero
   * @param available bytes for it
   */
  public static Optional<CoarseSize> of(
      Backend backend,
      int m,
      int n,
      int d,
      ElementType type,
      long nonZeros,
      NewtonOptions options,
      long available) {
    int rows = rows(options.coarseRows(), m, n, d, type);
    if (rows == 0) {
      return Optional.empty();
    }
    SolveMemory memory =
        SolveMemory.of(backend, rows, n, d, CurvaturePath.KEPT, options.curvature());
    long shared = rowBytes(backend, m, n, type, nonZeros, rows);
    long once = shared + memory.ownBytes();
    // Each backend packs operands of its own.
    long twice =
        shared
            + 2
                * (memory.ownBytes()
                    + SolveMemory.scratchBytes(backend, rows, n, d)
                    + SolveMemory.javaBytes(rows, n, d));
    boolean rivals =
        options.minima() != Minima.FIRST
            && backend.compressedBytes(m, n, nonZeros) > 0
            && (double) rows * d * d <= SMALL_STEP;
    boolean apart = rivals && backend.description().threads() > 1 && twice <= available;
    boolean conditional = options.coarseRows().isAuto();
    CoarseSize size =
        new CoarseSize(rows, memory.method(), apart ? twice : once, conditional, rivals, apart);
    return size.bytes <= available ? Optional.of(size) : Optional.empty();
  }

  /** What so many rows of A2 take: their non-zeros, or a copy, or both. */
  private static long rowBytes(
      Backend backend, int m, int n, ElementType type, long nonZeros, int rows) {
    if (backend.compressedBytes(m, n, nonZeros) > 0) {
      // How many they have nobody knows yet. Those that are kept as their non-zeros take less than
      // all entries in float64, but for where rows and columns begin.
      return Matrix.bytes(rows, n, ElementType.FLOAT64) + backend.compressedBytes(rows, n, 0);
    }
    // In float64, where nothing can overflow; rows that b and f weigh may have more of them.
    long part = (long) Math.min((double) rows * n, 2.0 * nonZeros * rows / m);
    return Matrix.bytes(rows, n, type) + backend.compressedBytes(rows, n, part);
  }

  /** How many rows; 0 for no coarse problem. */
  private static int rows(CoarseRows asked, int m, int n, int d, ElementType type) {
    if (!asked.isAuto()) {
      return asked.count() < m ? asked.count() : 0;
    }
    if (m < LEAST_M) {
      return 0;
    }
    long wanted = Math.max(m / SMALL_PART, Math.min((long) MULTIPLE * d, m / LARGEST_PART));
    long rows = Math.min(wanted, MOST_BYTES / (Matrix.bytes(1, n, type) + 8L * d));
    return rows >= (long) LEAST_MULTIPLE * d ? (int) rows : 0;
  }
}
