package io.github.relumax.cpu;

/**
 * A matrix p copied so that the tile kernel reads it in order: {@link #width} neighbouring columns
 * form a panel, which holds them row after row without gaps. Columns beyond the last are for the
 * copier to fill with zeros.
 */
final class Panels {
  /**
   * Panels that are worth taking together as the left operand of a product: the more, the less
   * often the right one is read from outside the cache; so many fit into it.
   */
  static final int BLOCK = 4;

  /**
   * Columns whose panels, 512 rows deep, take less than half of a second cache of 1 MiB, so that
   * strips of the left operand and C have room beside them: a multiple of any tile's columns.
   */
  static final int BLOCK_COLUMNS = 96;

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

  /** Row k = s (row - center), with zeros up to the end of the last panel. */
  void packCentered(int k, long row, double s, long center, int columns) {
    kernels.packCentered(row, s, center, columns, at(k, 0), depth * step(), width);
  }

  /**
   * c[i,j] = (empty ? 0 : c[i,j]) + sign Σ_k p[k,i] p[k,j] over rows k of [from, to), for the
   * columns i of the panels [low, high) and j of [first, end) with j &lt;= i. Tiles on the diagonal
   * also write above it. Tiles go along a strip of rows, so that c is read and written in order.
   *
   * @param tile scratch for one tile
   * @param c where c[0,0] lies
   * @param limit rows and columns of c
   */
  void addLowerProduct(
      int low,
      int high,
      int from,
      int to,
      int first,
      int end,
      double sign,
      boolean empty,
      long tile,
      long c,
      long stride,
      int limit) {
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    int top = low * width;
    int bottom = Math.min(high * width, limit);
    int last = Math.min(end, bottom);
    for (int block = first; block < last; block += BLOCK_COLUMNS) {
      int blockEnd = Math.min(block + BLOCK_COLUMNS, last);
      for (int i = Math.max(top, block / tileRows * tileRows); i < bottom; i += tileRows) {
        int rows = Math.min(tileRows, limit - i);
        int rowEnd = Math.min(blockEnd, i + tileRows);
        for (int j = block; j < rowEnd; j += tileColumns) {
          int columns = Math.min(tileColumns, i + rows - j);
          kernels.tile(to - from, at(from, i), step(), at(from, j), step(), columns, tile);
          long out = c + i * stride + 8L * j;
          if (empty) {
            kernels.storeTile(sign, tile, out, stride, rows, columns);
          } else {
            kernels.addTile(sign, tile, out, stride, rows, columns);
          }
        }
      }
    }
  }
}
