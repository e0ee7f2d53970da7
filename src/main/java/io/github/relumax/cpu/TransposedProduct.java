package io.github.relumax.cpu;

/**
 * Y = V A for one or several rows of V: A is read once for all of them. Each thread takes rows of A
 * and adds to a sum of its own: for few rows of V, four rows of A at a time, which are in cache
 * from the second row of V on; for many, a block of rows copied into {@link Panels}, times which
 * the tile kernel takes them.
 */
final class TransposedProduct {
  /** Rows of V up to which copying A takes longer than it saves. */
  private static final int FEW_VECTORS = 8;

  /** Rows of V that are taken together; for more A is read again. */
  private static final int MOST_VECTORS = 32;

  /** Numbers of A that a block has, about: what stays in a core's cache. */
  private static final int BLOCK_ENTRIES = 1 << 17;

  /** Rows of a block at least: a tile is to be deep beside adding it to the sum. */
  private static final int LEAST_ROWS = 32;

  private static final int MOST_ROWS = 384;

  private final Kernels kernels;
  private final Parallel parallel;

  TransposedProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** Scratch memory that a product of so many vectors takes for a matrix with so many columns. */
  static double bytes(Kernels kernels, int threads, double columns, double vectors) {
    if (vectors <= FEW_VECTORS) {
      return 8.0 * threads * vectors * columns;
    }
    double width = columns + Panels.width(kernels);
    double block = Math.max(BLOCK_ENTRIES + width, LEAST_ROWS * width) + columns;
    double strips = MOST_ROWS * (double) (MOST_VECTORS + kernels.tileRows());
    return 8.0 * threads * (block + strips + Math.min(MOST_VECTORS, vectors) * columns);
  }

  /** Vectors that are taken at once: no more than sums of an int of numbers hold. */
  private static int together(long columns) {
    return Math.clamp(Integer.MAX_VALUE / columns, 1, MOST_VECTORS);
  }

  /** Row k of y = aᵀ times row k of v. a: r x c, v: k x r, y: k x c. */
  void multiply(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int together = together(a.columns());
    if (y.rows() <= Math.min(FEW_VECTORS, together)) {
      multiplyFew(a, v, y);
      return;
    }
    for (long first = 0; first < v.rows(); first += together) {
      long count = Math.min(together, v.rows() - first);
      multiplyMany(a, (CpuBuffer) v.rows(first, count), (CpuBuffer) y.rows(first, count));
    }
  }

  /** The four rows of A come from a quarter of the part each: memory serves four long streams. */
  private void multiplyFew(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int n = (int) a.columns();
    int vectors = (int) y.rows();
    RowBlocks rows = new RowBlocks(kernels, parallel, a);
    PartialRows sums = new PartialRows(kernels, parallel, vectors * n);
    // A single vector may be a column; more are rows.
    long v0 = v.address();
    long next = v.stride();
    int parts =
        parallel.run(
            a.rows(),
            Parallel.grain(n),
            (part, low, high) -> {
              long sum = sums.clear(part);
              long quarter = (high - low) / 4;
              long stride = rows.stride(quarter);
              for (long i = low; i < low + quarter; i++) {
                long from = rows.load(part, i, quarter, 4);
                for (int k = 0; k < vectors; k++) {
                  kernels.addRows(
                      v0 + k * next + 8 * i, 8 * quarter, from, stride, sum + 8L * k * n, n);
                }
              }
              for (long i = low + 4 * quarter; i < high; i++) {
                long from = rows.load(part, i, 1, 1);
                for (int k = 0; k < vectors; k++) {
                  kernels.addRow(RawMemory.get(v0 + k * next + 8 * i), from, sum + 8L * k * n, n);
                }
              }
            });
    sums.addUp(parts, y);
  }

  private void multiplyMany(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int n = (int) a.columns();
    int vectors = (int) v.rows();
    int blockRows = Math.clamp(BLOCK_ENTRIES / n, LEAST_ROWS, MOST_ROWS);
    RowBlocks rows = new RowBlocks(kernels, parallel, a);
    PartialRows sums = new PartialRows(kernels, parallel, vectors * n);
    int parts =
        parallel.run(
            a.rows(),
            LEAST_ROWS,
            (part, low, high) -> {
              long sum = sums.clear(part);
              for (long row = low; row < high; row += blockRows) {
                int depth = (int) Math.min(blockRows, high - row);
                Panels block = pack(part, rows, row, depth);
                addBlock(part, weights(part, v, row, depth), vectors, block, depth, sum, n);
              }
            });
    sums.addUp(parts, y);
  }

  /** Rows row..row+depth-1 of a. */
  private Panels pack(int part, RowBlocks a, long row, int depth) {
    int n = a.columns();
    long entries = Panels.size(kernels, n, depth);
    long to = parallel.scratch(part, Parallel.RIGHT, entries + n).address();
    long zeros = to + 8 * entries;
    RawMemory.clear(zeros, 8L * n);
    Panels panels = new Panels(kernels, to, depth);
    int width = Panels.width(kernels);
    long panelStride = panels.at(0, width) - panels.at(0, 0);
    for (int i = 0; i < depth; i++) {
      long from = a.load(part, row + i, 1, 1);
      kernels.packCentered(from, 1, zeros, n, panels.at(i, 0), panelStride, width);
    }
    return panels;
  }

  /** Entries row..row+depth-1 of every row of v, in strips as high as a tile. */
  private long weights(int part, CpuBuffer v, long row, int depth) {
    int tileRows = kernels.tileRows();
    int vectors = (int) v.rows();
    int padded = Math.ceilDiv(vectors, tileRows) * tileRows;
    long to = parallel.scratch(part, Parallel.LEFT, (long) padded * depth).address();
    for (int k = 0; k < padded; k++) {
      // Beyond the last one that stands in: its results are not kept.
      long from = v.address(Math.min(k, vectors - 1)) + 8 * row;
      long strip = to + 8L * (k - k % tileRows) * depth + 8L * (k % tileRows);
      for (int i = 0; i < depth; i++) {
        RawMemory.set(strip + 8L * i * tileRows, RawMemory.get(from + 8L * i));
      }
    }
    return to;
  }

  /** sum += weights times the block. sum: vectors x n. */
  private void addBlock(
      int part, long weights, int vectors, Panels block, int depth, long sum, int n) {
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    long tile = parallel.tile(part);
    for (int j = 0; j < n; j += tileColumns) {
      int columns = Math.min(tileColumns, n - j);
      for (int k = 0; k < vectors; k += tileRows) {
        long left = weights + 8L * k * depth;
        kernels.tile(depth, left, 8L * tileRows, block.at(0, j), block.step(), tile);
        long to = sum + 8L * ((long) k * n + j);
        kernels.addTile(1, tile, to, 8L * n, Math.min(tileRows, vectors - k), columns);
      }
    }
  }
}
