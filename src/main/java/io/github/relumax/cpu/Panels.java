package io.github.relumax.cpu;

import static io.github.relumax.cpu.Kernels.TILE_ROWS;

/**
 * A matrix p copied so that the tile kernel reads it in order: {@link #width} neighbouring columns
 * form a panel, which holds them row after row without gaps. Columns beyond the last are for the
 * copier to fill with zeros.
 */
final class Panels {
  private final Kernels kernels;
  private final long address;
  private final int depth;
  private final int width;

  /**
   * @param depth rows of p
   */
  Panels(Kernels kernels, long address, int depth) {
    this.kernels = kernels;
    this.address = address;
    this.depth = depth;
    width = width(kernels);
  }

  /** Columns of a panel: a multiple of a tile's rows and of its columns. */
  static int width(Kernels kernels) {
    return Math.max(24, kernels.tileColumns());
  }

  /** How many panels hold this many columns. */
  static int count(Kernels kernels, int columns) {
    return Math.ceilDiv(columns, width(kernels));
  }

  /** float64 numbers that panels for so many columns and rows take. */
  static long size(Kernels kernels, int columns, int depth) {
    return (long) count(kernels, columns) * width(kernels) * depth;
  }

  /** Where p[k,j] lies. */
  long at(int k, int j) {
    return address + 8 * (((long) (j / width) * depth + k) * width + j % width);
  }

  /** Bytes from p[k,j] to p[k+1,j]. */
  long step() {
    return 8L * width;
  }

  /**
   * c[i,j] += sign Σ_k p[k,i] p[k,j] over rows k of [from, to), for the columns i of one panel and
   * j of [first, end) with j &lt;= i. Tiles on the diagonal also write above it, and up to column
   * {@code limit}.
   *
   * @param tile scratch for one tile
   * @param c where c[0,0] lies
   * @param limit rows and columns of c
   */
  void addLowerProduct(
      int panel,
      int from,
      int to,
      int first,
      int end,
      double sign,
      long tile,
      long c,
      long stride,
      int limit) {
    int tileColumns = kernels.tileColumns();
    int bottom = Math.min((panel + 1) * width, limit);
    int last = Math.min(end, bottom);
    if (first >= last) {
      return;
    }
    long rows0 = c + (long) panel * width * stride + 8L * first;
    RawMemory.fetch(rows0, bottom - panel * width, stride, 8L * (last - first), tile);
    for (int j = first; j < last; j += tileColumns) {
      int columns = Math.min(tileColumns, limit - j);
      int top = Math.max(panel * width, j / TILE_ROWS * TILE_ROWS);
      for (int i = top; i < bottom; i += TILE_ROWS) {
        kernels.tile(to - from, at(from, i), step(), at(from, j), step(), tile);
        int rows = Math.min(TILE_ROWS, limit - i);
        kernels.addTile(sign, tile, c + i * stride + 8L * j, stride, rows, columns);
      }
    }
  }
}
