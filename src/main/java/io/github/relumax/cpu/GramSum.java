package io.github.relumax.cpu;

import static io.github.relumax.cpu.Kernels.TILE_ROWS;

/**
 * One thread's share of Σ_i a_i (c_i - center)(c_i - center)ᵀ, lower triangle. Rows are scaled by
 * √|a_i| as they are packed, so that one packed copy serves as both operands of the product; those
 * with a_i &gt; 0 and those with a_i &lt; 0 are gathered apart, the former are added, the latter
 * subtracted.
 */
final class GramSum {
  /**
   * Rows a product takes at a time: few enough for a panel of them to stay in the nearest cache.
   */
  static final int DEPTH = 192;

  /** Rows that wait for their product. */
  private static final class Batch {
    final double sign;
    final long[] rows = new long[DEPTH];
    final double[] scales = new double[DEPTH];
    int count;

    Batch(double sign) {
      this.sign = sign;
    }
  }

  private final Kernels kernels;
  private final int d;
  private final int width;
  private final int tileColumns;
  private final long center;
  private final long sum;
  private final long stride;
  private final long packed;
  private final long tile;
  private final Batch positive = new Batch(1);
  private final Batch negative = new Batch(-1);

  GramSum(Kernels kernels, Parallel parallel, int part, int d, long center) {
    this.kernels = kernels;
    this.d = d;
    this.center = center;
    width = PackedProducts.width(kernels);
    tileColumns = kernels.tileColumns();
    int panels = (d + width - 1) / width;
    int rows = (d + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    stride = 8L * panels * width;
    sum = parallel.scratch(part, Parallel.RESULT, rows * stride / 8).address();
    packed = parallel.scratch(part, Parallel.RIGHT, stride / 8 * DEPTH).address();
    tile = parallel.scratch(part, Parallel.TILE, (long) TILE_ROWS * tileColumns).address();
    RawMemory.clear(sum, rows * stride);
  }

  /** Where row i of the sum lies; complete once flushed. */
  long row(long i) {
    return sum + i * stride;
  }

  /** Adds a (c - center)(c - center)ᵀ, now or later, for the row c at an address. */
  void add(long c, double a) {
    if (a == 0) {
      return;
    }
    Batch batch = a < 0 ? negative : positive;
    batch.rows[batch.count] = c;
    batch.scales[batch.count] = Math.sqrt(Math.abs(a));
    batch.count++;
    if (batch.count == DEPTH) {
      flush(batch);
    }
  }

  void flush() {
    flush(positive);
    flush(negative);
  }

  private void flush(Batch batch) {
    int depth = batch.count;
    if (depth == 0) {
      return;
    }
    batch.count = 0;
    long step = 8L * width;
    for (int j = 0; j < d; j += width) {
      int columns = Math.min(width, d - j);
      kernels.packCentered(
          depth, batch.rows, batch.scales, 8L * j, columns, center + 8L * j, at(j, depth), width);
    }
    for (int j = 0; j < d; j += tileColumns) {
      for (int i = j / TILE_ROWS * TILE_ROWS; i < d; i += TILE_ROWS) {
        kernels.tile(depth, at(i, depth), step, at(j, depth), step, tile);
        kernels.addTile(batch.sign, tile, row(i) + 8L * j, stride, TILE_ROWS, tileColumns);
      }
    }
  }

  /** Where column j of the packed rows begins; its next entry is a panel's width away. */
  private long at(int j, int depth) {
    return packed + 8L * ((long) (j / width) * width * depth + j % width);
  }
}
