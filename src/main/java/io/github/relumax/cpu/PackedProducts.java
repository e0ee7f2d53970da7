package io.github.relumax.cpu;

/**
 * The product that forms C from selected units. Both operands are copied into the order in which
 * tiles read them, so much at a time that what a thread reads again stays in its cache.
 */
final class PackedProducts {
  /** Units that one product takes: the more, the less often C is read and written. */
  private static final int DEPTH = 384;

  /**
   * Columns of C up to which the panels of a group of units stay, all or most of them, in a second
   * cache of 2 MiB beside {@link #FEW_ROWS} of A2.
   */
  private static final int NARROW = 768;

  /** Rows of C that one thread treats at a time, where it is narrow. */
  private static final int FEW_ROWS = 96;

  /**
   * Rows of C that one thread treats at a time, where it is wide: so many as leave the cache room
   * for what is fetched of C, since the panels come from outside once for each block.
   */
  private static final int MANY_ROWS = 256;

  /** Numbers of A2 that each thread packs for few rows. */
  static final int LEFT_SIZE = FEW_ROWS * DEPTH;

  private final Kernels kernels;
  private final Parallel parallel;

  PackedProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  private static int blockRows(long d) {
    return d <= NARROW ? FEW_ROWS : MANY_ROWS;
  }

  /** Numbers of A2 that each thread packs for a product of d columns. */
  static int leftSize(long d) {
    return blockRows(d) * DEPTH;
  }

  /**
   * c = (clear ? 0 : c) + Σ_units sign a2[:,u] a1[u,:].
   *
   * @param a2 the columns that the units name
   */
  void accumulate(Columns a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
    int count = units.count();
    int d = (int) a1.columns();
    int blockRows = blockRows(d);
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
    parallel.run(
        c.rows(),
        kernels.tileRows(),
        (part, low, high) -> {
          long left = parallel.scratch(part, Parallel.LEFT, leftSize(d)).address();
          for (long row = low; row < high; row += blockRows) {
            int rows = (int) Math.min(blockRows, high - row);
            if (clear && count == 0) {
              RawMemory.clear(c.address(row), rows * c.stride());
            }
            for (int first = 0; first < count; first += DEPTH) {
              int depth = Math.min(DEPTH, count - first);
              packColumns(a2, row, rows, first, depth, left);
              Panels panels = group(right, units, d, first);
              addBlock(part, left, panels, depth, clear && first == 0, c, row, rows);
            }
          }
        });
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
    int fetched = d <= NARROW ? Panels.FETCHED_COLUMNS : Panels.FETCHED_COLUMNS / 2;
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    long tile = parallel.tile(part);
    for (int column = 0; column < d; column += tileColumns) {
      if (!clear && column % fetched == 0) {
        long bytes = 8L * Math.min(fetched, d - column);
        RawMemory.fetch(c.address(row) + 8L * column, rows, c.stride(), bytes, tile);
      }
      long panel = right.at(0, column);
      int columns = Math.min(tileColumns, d - column);
      for (int r = 0; r < rows; r += tileRows) {
        kernels.tile(depth, left + 8L * r * depth, 8L * tileRows, panel, right.step(), tile);
        long to = c.address(row + r) + 8L * column;
        int count = Math.min(tileRows, rows - r);
        if (clear) {
          kernels.storeTile(1, tile, to, c.stride(), count, columns);
        } else {
          kernels.addTile(1, tile, to, c.stride(), count, columns);
        }
      }
    }
  }
}
