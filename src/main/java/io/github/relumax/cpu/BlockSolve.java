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
  /** Right-hand sides that share a strip: the panels of more would leave the cache meanwhile. */
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

  /** Scratch memory of one thread, at most, in float64 numbers. */
  static double size(Kernels kernels, double d) {
    return d * (Math.max(MOST_COLUMNS, kernels.tileColumns()) + 2 * kernels.tileRows());
  }

  /** How many right-hand sides to take at once where there are so many: those of whole panels. */
  int atOnce(long count) {
    int most = Math.max(1, MOST_COLUMNS / tileColumns);
    return (int) Math.min(most, Math.ceilDiv(count, (long) tileColumns)) * tileColumns;
  }

  /**
   * x = l⁻¹ x and then x = l⁻ᵀ x, or one of them, for so many rows x at once.
   *
   * @param forward whether the first
   * @param back whether the second
   * @param x where the first row begins
   * @param stride bytes to the next one
   */
  void solve(int part, CpuBuffer l, boolean forward, boolean back, long x, long stride, int count) {
    int d = (int) l.rows();
    long panels = Math.ceilDiv(count, tileColumns);
    long numbers = d * (panels * tileColumns + 2L * tileRows);
    long first = parallel.scratch(part, Parallel.LEFT, numbers).address();
    long inverses = first + panels * d * step;
    long strip = inverses + d * stripStep;
    long tile = parallel.tile(part);
    copyIn(x, stride, count, d, first);
    invert(l, inverses);
    if (forward) {
      forward(l, first, inverses, strip, tile);
    }
    if (back) {
      back(l, first, inverses, strip, tile);
    }
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

  /** The triangles on the diagonal of l inverted and transposed, with zeros below. */
  private void invert(CpuBuffer l, long inverses) {
    int d = (int) l.rows();
    RawMemory.clear(inverses, d * stripStep);
    for (int i = 0; i < d; i++) {
      int first = i / tileRows * tileRows;
      long row = l.address(i);
      double pivot = get(row + 8L * i);
      for (int c = first; c < i; c++) {
        double sum = 0;
        for (int k = c; k < i; k++) {
          sum += get(row + 8L * k) * get(inverses + c * stripStep + 8L * (k - first));
        }
        set(inverses + c * stripStep + 8L * (i - first), -sum / pivot);
      }
      set(inverses + i * stripStep + 8L * (i - first), 1 / pivot);
    }
  }

  /** x = l⁻¹ x in the panels from first to end. */
  private void forward(CpuBuffer l, long first, long end, long strip, long tile) {
    int d = (int) l.rows();
    for (int i = 0; i < d; i += tileRows) {
      int rows = Math.min(tileRows, d - i);
      long inverse = end + i * stripStep;
      RawMemory.transpose(l.address(i), l.stride(), rows, i, strip, stripStep);
      for (long panel = first; panel < end; panel += d * step) {
        long row = panel + i * step;
        update(i, strip, stripStep, panel, row, rows, tile);
        multiply(inverse, row, rows, tile);
      }
    }
  }

  /** x = l⁻ᵀ x, likewise, from the last strip on. */
  private void back(CpuBuffer l, long first, long end, long strip, long tile) {
    int d = (int) l.rows();
    for (int i = (d - 1) / tileRows * tileRows; i >= 0; i -= tileRows) {
      int rows = Math.min(tileRows, d - i);
      int after = i + rows;
      RawMemory.transpose(end + i * stripStep, stripStep, rows, rows, strip, stripStep);
      for (long panel = first; panel < end; panel += d * step) {
        long row = panel + i * step;
        long left = l.address(after) + 8L * i;
        update(d - after, left, l.stride(), panel + after * step, row, rows, tile);
        multiply(strip, row, rows, tile);
      }
    }
  }

  /** x = x - leftᵀ right for so many rows x; left and right have depth rows. */
  private void update(
      int depth, long left, long leftStride, long right, long x, int rows, long tile) {
    if (depth > 0) {
      kernels.tile(depth, left, leftStride, right, step, tileColumns, tile);
      kernels.addTile(-1, tile, x, step, rows, tileColumns);
    }
  }

  /** x = leftᵀ x for so many rows x. */
  private void multiply(long left, long x, int rows, long tile) {
    kernels.tile(rows, left, stripStep, x, step, tileColumns, tile);
    kernels.storeTile(1, tile, x, step, rows, tileColumns);
  }
}
