package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;

/**
 * Triangular solves for several right-hand sides at once. They lie side by side, entry i of all of
 * them in row i of a block, so that an entry of the factor meets as many as fill the registers.
 */
final class BlockSolve {
  private final Kernels kernels;
  private final Parallel parallel;
  private final int atOnce;
  private final long step;

  BlockSolve(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    atOnce = kernels.vectorsAtOnce();
    step = 8L * atOnce;
  }

  /** Right-hand sides that one block takes. */
  int atOnce() {
    return atOnce;
  }

  /**
   * x = l⁻ᵀ x, or first x = l⁻¹ x, for so many rows x: one block at most.
   *
   * @param x where the first row begins
   * @param stride bytes to the next one
   */
  void solve(int part, CpuBuffer l, boolean forward, long x, long stride, int count) {
    int d = (int) l.rows();
    long block = parallel.scratch(part, Parallel.LEFT, (long) d * atOnce).address();
    if (count < atOnce) {
      RawMemory.clear(block, d * step);
    }
    RawMemory.transpose(x, stride, count, d, block, step);
    long tile = parallel.tile(part);
    if (forward) {
      forward(l, block, tile);
    }
    transposed(l, block, tile);
    RawMemory.transpose(block, step, d, count, x, stride);
  }

  /** Four rows of l at a time, and what is left one by one. */
  private void forward(CpuBuffer l, long block, long tile) {
    int d = (int) l.rows();
    int whole = d / 4 * 4;
    for (int i = 0; i < d; i += i < whole ? 4 : 1) {
      int rows = i < whole ? 4 : 1;
      kernels.dotBlock(l.address(i), rows == 4 ? l.stride() : 0, block, i, tile);
      for (int r = 0; r < rows; r++) {
        long row = block + step * (i + r);
        kernels.addRow(-1, tile + step * r, row, atOnce);
        for (int k = i; k < i + r; k++) {
          kernels.addRow(-entry(l, i + r, k), block + step * k, row, atOnce);
        }
        kernels.combine(1 / entry(l, i + r, i + r), row, 0, row, row, atOnce);
      }
    }
  }

  /** The same from the last row on: what rows of l take off the entries before. */
  private void transposed(CpuBuffer l, long block, long tile) {
    int d = (int) l.rows();
    int whole = d / 4 * 4;
    for (int end = d; end > 0; end -= end > whole ? 1 : 4) {
      int rows = end > whole ? 1 : 4;
      int i = end - rows;
      RawMemory.clear(tile, 4 * step);
      for (int r = rows - 1; r >= 0; r--) {
        long row = block + step * (i + r);
        for (int k = i + r + 1; k < end; k++) {
          kernels.addRow(-entry(l, k, i + r), block + step * k, row, atOnce);
        }
        kernels.combine(1 / entry(l, i + r, i + r), row, 0, row, row, atOnce);
        kernels.addRow(-1, row, tile + step * r, atOnce);
      }
      kernels.addBlock(tile, l.address(i), rows == 4 ? l.stride() : 0, block, i);
    }
  }

  private static double entry(CpuBuffer l, long i, long j) {
    return get(l.address(i, j));
  }
}
