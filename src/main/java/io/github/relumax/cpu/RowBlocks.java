package io.github.relumax.cpu;

import io.github.relumax.matrix.ElementType;
import java.lang.foreign.MemorySegment;

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

  /**
   * Makes rows i..i+count-1 readable and returns the byte offset of the first in {@link #segment}.
   * count is at most 4.
   */
  long load(int part, long i, int count) {
    if (inPlace()) {
      return matrix.offset(i);
    }
    MemorySegment to = segment(part);
    for (int r = 0; r < count; r++) {
      kernels.widen(matrix.segment(), matrix.offset(i + r), to, r * stride(), columns);
    }
    return 0;
  }

  MemorySegment segment(int part) {
    return inPlace()
        ? matrix.segment()
        : parallel.scratch(part, Parallel.ROWS, (long) MOST_ROWS * columns).segment();
  }

  /** Bytes from one row to the next. */
  long stride() {
    return 8L * columns;
  }

  private boolean inPlace() {
    return matrix.type() == ElementType.FLOAT64;
  }
}
