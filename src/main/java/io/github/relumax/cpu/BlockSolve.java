package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Triangular solves for many right-hand sides at once, by product tiles. They lie side by side in
 * panels as wide as a tile, entry i of all of them in row i; rows of l are taken in strips as high
 * as a tile: a product brings the strip's rows of x up to date, a second one, with the inverse of
 * its triangle on the diagonal, solves for them.
 */
final class BlockSolve {
  /** Columns of the panels that meet a strip while it is in cache: with x they fit there. */
  private static final int MOST_COLUMNS = 96;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int tileRows;
  private final int tileColumns;

  /** Bytes from one row to the next, of a panel and of a strip. */
  private final long step;

  private final long stripStep;

  BlockSolve(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    tileRows = kernels.tileRows();
    tileColumns = kernels.tileColumns();
    step = 8L * tileColumns;
    stripStep = 8L * tileRows;
  }

  /** Right-hand sides that are worth taking at once, at most. */
  int atOnce() {
    return Math.max(1, MOST_COLUMNS / tileColumns) * tileColumns;
  }

  /**
   * x = l⁻ᵀ x, or first x = l⁻¹ x, for so many rows x: {@link #atOnce} at most.
   *
   * @param x where the first row begins
   * @param stride bytes to the next one
   */
  void solve(int part, CpuBuffer l, boolean forward, long x, long stride, int count) {
    int d = (int) l.rows();
    int panels = Math.ceilDiv(count, tileColumns);
    long entries = (long) d * panels * tileColumns + ((long) d + tileRows) * tileRows;
    long first = parallel.scratch(part, Parallel.LEFT, entries).address();
    long end = first + panels * d * step;
    copyIn(x, stride, count, d, first);
    if (forward) {
      forward(l, first, end, parallel.tile(part));
    }
    transposed(l, first, end, parallel.tile(part));
    for (int k = 0; k < count; k += tileColumns) {
      int columns = Math.min(tileColumns, count - k);
      RawMemory.transpose(first + 8L * k * d, step, d, columns, x + k * stride, stride);
    }
  }

  /** Zeros stand in for the right-hand sides that the last panel lacks. */
  private void copyIn(long x, long stride, int count, int d, long first) {
    for (int k = 0; k < count; k += tileColumns) {
      int columns = Math.min(tileColumns, count - k);
      long panel = first + 8L * k * d;
      if (columns < tileColumns) {
        RawMemory.clear(panel, d * step);
      }
      RawMemory.transpose(x + k * stride, stride, columns, d, panel, step);
    }
  }

  /** x = l⁻¹ x in the panels from first to end, behind which there is room for a strip. */
  private void forward(CpuBuffer l, long first, long end, long tile) {
    int d = (int) l.rows();
    long inverse = end + d * stripStep;
    for (int i = 0; i < d; i += tileRows) {
      int rows = Math.min(tileRows, d - i);
      RawMemory.transpose(l.address(i), l.stride(), rows, i, end, stripStep);
      invert(l, i, rows, inverse, 8, stripStep);
      for (long panel = first; panel < end; panel += d * step) {
        update(i, end, stripStep, panel, panel + i * step, rows, tile);
        multiply(inverse, panel + i * step, rows, tile);
      }
    }
  }

  /** x = l⁻ᵀ x, likewise, from the last strip on. */
  private void transposed(CpuBuffer l, long first, long end, long tile) {
    int d = (int) l.rows();
    long inverse = end + d * stripStep;
    for (int i = (d - 1) / tileRows * tileRows; i >= 0; i -= tileRows) {
      int rows = Math.min(tileRows, d - i);
      int after = i + rows;
      invert(l, i, rows, inverse, stripStep, 8);
      for (long panel = first; panel < end; panel += d * step) {
        long from = panel + after * step;
        update(d - after, l.address(after) + 8L * i, l.stride(), from, panel + i * step, rows, tile);
        multiply(inverse, panel + i * step, rows, tile);
      }
    }
  }

  /** x = x - leftᵀ right for so many rows x; left and right have depth rows. */
  private void update(
      int depth, long left, long leftStride, long right, long x, int rows, long tile) {
    if (depth > 0) {
      kernels.tile(depth, left, leftStride, right, step, tile);
      kernels.addTile(-1, tile, x, step, rows, tileColumns);
    }
  }

  /** x = leftᵀ x for so many rows x. */
  private void multiply(long left, long x, int rows, long tile) {
    kernels.tile(rows, left, stripStep, x, step, tile);
    kernels.storeTile(1, tile, x, step, rows, tileColumns);
  }

  /** The inverse of the triangle on the diagonal of l in rows i, i + 1, ..., with zeros above it. */
  private void invert(CpuBuffer l, int i, int rows, long to, long rowStep, long columnStep) {
    RawMemory.clear(to, stripStep * tileRows);
    for (int r = 0; r < rows; r++) {
      double pivot = get(l.address(i + r, i + r));
      set(to + r * rowStep + r * columnStep, 1 / pivot);
      for (int c = 0; c < r; c++) {
        double sum = 0;
        for (int k = c; k < r; k++) {
          sum += get(l.address(i + r, i + k)) * get(to + k * rowStep + c * columnStep);
        }
        set(to + r * rowStep + c * columnStep, -sum / pivot);
      }
    }
  }
}
