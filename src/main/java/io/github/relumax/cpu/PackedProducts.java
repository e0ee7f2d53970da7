package io.github.relumax.cpu;

/**
 * The product that forms C from selected units. Both operands are copied into the order in which
 * tiles read them, so much at a time that what a thread reads again stays in its second cache: the
 * strips of some rows of A2, and the panels of some columns of A1, which every strip meets. Tiles
 * go along a strip, so that rows of C are read and written in order, which the processor foresees
 * and fetches ahead.
 */
final class PackedProducts {
  /** Units that one product takes: the more, the less often C is read and written. */
  private static final int DEPTH = 512;

  /** Rows whose strips of A2, DEPTH units deep, the second cache has room for beside panels. */
  private static final int LEAST_ROWS = 128;

  /** Rows of C that one thread treats at a time, at most. */
  private static final int MOST_ROWS = 256;

  /** Numbers of A2 that each thread packs. */
  static final int LEFT_SIZE = MOST_ROWS * DEPTH;

  private final Kernels kernels;
  private final Parallel parallel;

  PackedProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /**
   * c = (clear ? 0 : c) + Σ_units sign a2[:,u] a1[u,:].
   *
   * @param a2 the columns that the units name
   */
  void accumulate(Columns a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
    int count = units.count();
    int d = (int) a1.columns();
    long right = parallel.scratch(0, Parallel.RIGHT, Panels.size(kernels, d, count)).address();
    RowBlocks a1Rows = new RowBlocks(kernels, parallel, a1);
    parallel.run(
        count,
        64,
        (part, low, high) -> {
          for (int k = (int) low; k < high; k++) {
            packUnit(a1Rows, part, units, k, right);
          }
        });
    int blocks = blocks(c.rows(), d);
    parallel.inOrder(
        blocks,
        (part, block) -> {
          long row = bound(c.rows(), block, blocks);
          int rows = (int) (bound(c.rows(), block + 1, blocks) - row);
          if (clear && count == 0) {
            RawMemory.clear(c.address(row), rows * c.stride());
          }
          long left = parallel.scratch(part, Parallel.LEFT, LEFT_SIZE).address();
          for (int first = 0; first < count; first += DEPTH) {
            int depth = Math.min(DEPTH, count - first);
            packColumns(a2, row, rows, first, depth, left);
            Panels panels = group(right, units, d, first);
            addBlock(part, left, panels, depth, clear && first == 0, c, row, rows);
          }
        });
  }

  /**
   * How many blocks of rows C has: each thread gets as many where all are equally fast. While group
   * after group of units is added, the rows of C stay in a cache if they are few; but all panels
   * are read again for each block, from farther away the wider C is.
   */
  private int blocks(long m, int d) {
    int rows = Math.clamp(Math.max(d / 4, Parallel.grain(d)), LEAST_ROWS, MOST_ROWS);
    long each = Math.ceilDiv(m, (long) rows * parallel.threads());
    return Math.toIntExact(Math.min(each * parallel.threads(), tiles(m)));
  }

  /** The first row of a block: that of a tile. */
  private long bound(long m, int block, int blocks) {
    return Math.min(tiles(m) * block / blocks * kernels.tileRows(), m);
  }

  private long tiles(long m) {
    return Math.ceilDiv(m, (long) kernels.tileRows());
  }

  /** The panels of the DEPTH units from the one numbered first; groups lie one after another. */
  private Panels group(long right, CpuUnits units, int d, int first) {
    int depth = Math.min(DEPTH, units.count() - first);
    return new Panels(kernels, right + 8 * Panels.size(kernels, d, first), depth);
  }

  /** Row u_k of a1 with its sign, into the panels of its group. */
  private void packUnit(RowBlocks a1, int part, CpuUnits units, int k, long right) {
    int d = a1.columns();
    int first = k / DEPTH * DEPTH;
    Panels panels = group(right, units, d, first);
    double sign = units.sign[k];
    long from = a1.load(part, units.index[k], 1, 1);
    int width = Panels.width(kernels);
    for (int column = 0; column < d; column += width) {
      long row = from + 8L * column;
      long to = panels.at(k - first, column);
      int columns = Math.min(width, d - column);
      kernels.combine(sign, row, 0, row, to, columns);
      if (columns < width) {
        RawMemory.clear(to + 8L * columns, 8L * (width - columns));
      }
    }
  }

  /**
   * Columns of rows row..row+rows-1, in strips as high as a tile. Where a strip goes beyond the
   * last row that one stands in: its results are not kept.
   */
  private void packColumns(Columns a2, long row, int rows, int first, int depth, long left) {
    int tileRows = kernels.tileRows();
    for (int r = 0; r < rows; r += 4) {
      long strip = left + 8L * (r - r % tileRows) * depth + 8L * (r % tileRows);
      a2.gatherFour(row + r, row + rows - 1, first, first + depth, strip, 8L * tileRows, 8);
    }
  }

  /** c[row..row+rows) = (clear ? 0 : c) + left strips times the panels of right. */
  private void addBlock(
      int part,
      long left,
      Panels right,
      int depth,
      boolean clear,
      CpuBuffer c,
      long row,
      int rows) {
    int d = (int) c.columns();
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    long tile = parallel.tile(part);
    for (int block = 0; block < d; block += Panels.BLOCK_COLUMNS) {
      int end = Math.min(block + Panels.BLOCK_COLUMNS, d);
      for (int r = 0; r < rows; r += tileRows) {
        int count = Math.min(tileRows, rows - r);
        long strip = left + 8L * r * depth;
        for (int column = block; column < end; column += tileColumns) {
          int columns = Math.min(tileColumns, end - column);
          kernels.tile(
              depth, strip, 8L * tileRows, right.at(0, column), right.step(), columns, tile);
          long to = c.address(row + r) + 8L * column;
          if (clear) {
            kernels.storeTile(1, tile, to, c.stride(), count, columns);
          } else {
            kernels.addTile(1, tile, to, c.stride(), count, columns);
          }
        }
      }
    }
  }
}
