package io.github.relumax.cpu;

import io.github.relumax.matrix.ElementType;

/**
 * A few rows of a matrix at a time as float64: in place when they are stored so, else widened into
 * the part's scratch, which stays in cache, so that float32 storage still halves the memory
 * traffic.
 */
final class RowBlocks {
  private static final int MOST_ROWS = 4;

  private final Kernels kernels;
  private final Parallel parallel;
  private final CpuBuffer matrix;
  private final int columns;

  RowBlocks(Kernels kernels, Parallel parallel, CpuBuffer matrix) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.matrix = matrix;
    columns = (int) matrix.columns();
  }

  int columns() {
    return columns;
  }

  /** Makes rows i..i+count-1 readable, count at most 4, and returns where the first one lies. */
  long load(int part, long i, int count) {
    if (matrix.type() == ElementType.FLOAT64) {
      return matrix.address(i);
    }
    long to = parallel.scratch(part, Parallel.ROWS, (long) MOST_ROWS * columns).address();
    for (int r = 0; r < count; r++) {
      kernels.widen(matrix.address(i + r), to + r * stride(), columns);
    }
    return to;
  }

  /** Bytes from one row to the next. */
  long stride() {
    return 8L * columns;
  }
}
