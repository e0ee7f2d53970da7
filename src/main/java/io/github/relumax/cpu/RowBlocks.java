package io.github.relumax.cpu;

import io.github.relumax.matrix.ElementType;

/**
 * A few rows of a matrix at a time as float64: in place when they are stored so, else written into
 * the part's scratch, which stays in cache: float32 storage still halves the memory traffic, and of
 * a {@link SparseMatrix} its non-zeros alone are read.
 */
final class RowBlocks {
  private static final int MOST_ROWS = 4;

  private final Kernels kernels;
  private final Parallel parallel;
  private final CpuBuffer matrix;
  private final int columns;
  private final boolean inPlace;

  /**
   * Where the matrix lies, asked once: the check that it is still open, for every four rows, would
   * show beside the read of them.
   */
  private final long first;

  private final long rowBytes;

  RowBlocks(Kernels kernels, Parallel parallel, CpuBuffer matrix) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.matrix = matrix;
    columns = (int) matrix.columns();
    inPlace = matrix.type() == ElementType.FLOAT64 && !(matrix instanceof SparseMatrix);
    first = inPlace ? matrix.address() : 0;
    rowBytes = matrix.stride();
  }

  int columns() {
    return columns;
  }

  /**
   * Makes rows i, i + apart, ... readable, count of them and at most 4, and returns where the first
   * one lies.
   */
  long load(int part, long i, long apart, int count) {
    return load(part, Parallel.ROWS, i, apart, count);
  }

  /** The same with the scratch of this slot, for rows that are to outlive another load. */
  long load(int part, int slot, long i, long apart, int count) {
    if (inPlace) {
      return first + i * rowBytes;
    }
    long to = parallel.scratch(part, slot, (long) MOST_ROWS * columns).address();
    for (int r = 0; r < count; r++) {
      write(i + r * apart, to + 8L * r * columns);
    }
    return to;
  }

  /**
   * Makes row i readable, as one of up to four that a part has at a time, and returns where it
   * lies.
   */
  long loadAs(int part, int slot, long i) {
    if (inPlace) {
      return first + i * rowBytes;
    }
    long to = parallel.scratch(part, Parallel.ROWS, (long) MOST_ROWS * columns).address();
    long row = to + 8L * slot * columns;
    write(i, row);
    return row;
  }

  /** Row i as float64. */
  void write(long i, long to) {
    if (matrix instanceof SparseMatrix sparse) {
      sparse.expand(i, to);
    } else if (inPlace) {
      RawMemory.copy(first + i * rowBytes, to, 8L * columns);
    } else {
      kernels.widen(matrix.address(i), to, columns);
    }
  }

  /** Bytes from one loaded row to the next, where they are {@code apart} in the matrix. */
  long stride(long apart) {
    return 8L * columns * (inPlace ? apart : 1);
  }
}
