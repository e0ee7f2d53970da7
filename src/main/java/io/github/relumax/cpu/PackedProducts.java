package io.github.relumax.cpu;

import static io.github.relumax.cpu.Kernels.TILE_ROWS;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

import io.github.relumax.matrix.ElementType;

/**
 * The two matrix products: C from selected units, and the weighted Gram matrix. Both copy their
 * operands into panels that the tile kernel reads in order, DEPTH steps at a time so that panels
 * stay in cache. A panel holds, step after step, {@link #width} entries; it is padded with zeros.
 */
final class PackedProducts {
  private static final int DEPTH = 384;

  /** Rows of C that one thread treats at a time. */
  private static final int BLOCK_ROWS = 96;

  /** float64 numbers in a cache line. */
  private static final int LINE = 8;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int tileColumns;
  private final int width;
  private final long step;

  PackedProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    tileColumns = kernels.tileColumns();
    width = width(kernels);
    step = 8L * width;
  }

  /** Columns of a panel: a multiple of a tile's rows and of its columns. */
  static int width(Kernels kernels) {
    return Math.max(24, kernels.tileColumns());
  }

  /** c = (clear ? 0 : c) + Σ_units sign a2[:,u] a1[u,:]. */
  void accumulate(CpuBuffer a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
    int count = units.count();
    int panels = panels((int) a1.columns());
    long panelRow = 8L * panels * width;
    CpuBuffer right = parallel.scratch(0, Parallel.RIGHT, (long) panels * width * count);
    RowBlocks a1Rows = new RowBlocks(kernels, parallel, a1);
    parallel.run(
        count,
        64,
        (part, low, high) -> {
          for (long k = low; k < high; k++) {
            packUnit(a1Rows, part, units, (int) k, right.address());
          }
        });
    parallel.run(
        c.rows(),
        TILE_ROWS,
        (part, low, high) -> {
          long left = parallel.scratch(part, Parallel.LEFT, (long) BLOCK_ROWS * DEPTH).address();
          for (long row = low; row < high; row += BLOCK_ROWS) {
            int rows = (int) Math.min(BLOCK_ROWS, high - row);
            if (clear) {
              RawMemory.clear(c.address(row), rows * c.stride());
            }
            for (int first = 0; first < count; first += DEPTH) {
              int depth = Math.min(DEPTH, count - first);
              packColumns(a2, row, rows, units, first, depth, left);
              addBlock(part, depth, left, right.address() + first * panelRow, c, row, rows);
            }
          }
        });
  }

  /** Row u_k of a1 with its sign, into the panels of its group of DEPTH units. */
  private void packUnit(RowBlocks a1, int part, CpuUnits units, int k, long right) {
    int first = k / DEPTH * DEPTH;
    int depth = Math.min(DEPTH, units.count() - first);
    int d = a1.columns();
    int panels = panels(d);
    double sign = units.sign[k];
    long from = a1.load(part, units.index[k], 1, 1);
    for (int panel = 0; panel < panels; panel++) {
      long to = right + step * ((long) first * panels + (long) panel * depth + (k - first));
      int column = panel * width;
      for (int j = 0; j < width; j++) {
        set(to + 8L * j, column + j < d ? sign * get(from + 8L * (column + j)) : 0);
      }
    }
  }

  /** Columns u of rows row..row+rows-1 of a2, in strips of TILE_ROWS rows. */
  private static void packColumns(
      CpuBuffer a2, long row, int rows, CpuUnits units, int first, int depth, long left) {
    int[] index = units.index;
    long last = a2.address(row + rows - 1);
    for (int r = 0; r < rows; r += TILE_ROWS) {
      // Where a strip goes beyond the last row that row stands in; its results are not kept.
      long r0 = a2.address(row + r);
      long r1 = Math.min(r0 + a2.stride(), last);
      long r2 = Math.min(r1 + a2.stride(), last);
      long r3 = Math.min(r2 + a2.stride(), last);
      long to = left + 8L * r * depth;
      if (a2.type() == ElementType.FLOAT64) {
        for (int k = first; k < first + depth; k++, to += 32) {
          long at = 8L * index[k];
          set(to, get(r0 + at));
          set(to + 8, get(r1 + at));
          set(to + 16, get(r2 + at));
          set(to + 24, get(r3 + at));
        }
      } else {
        for (int k = first; k < first + depth; k++, to += 32) {
          long at = 4L * index[k];
          set(to, RawMemory.getFloat(r0 + at));
          set(to + 8, RawMemory.getFloat(r1 + at));
          set(to + 16, RawMemory.getFloat(r2 + at));
          set(to + 24, RawMemory.getFloat(r3 + at));
        }
      }
    }
  }

  /** c[row..row+rows) += left strips times the panels of right. */
  private void addBlock(
      int part, int depth, long left, long right, CpuBuffer c, long row, int rows) {
    int d = (int) c.columns();
    long tile = parallel.scratch(part, Parallel.TILE, (long) TILE_ROWS * tileColumns).address();
    for (int column = 0; column < d; column += tileColumns) {
      long panel = right + step * (column / width) * depth + 8L * (column % width);
      int columns = Math.min(tileColumns, d - column);
      for (int r = 0; r < rows; r += TILE_ROWS) {
        kernels.tile(depth, left + 8L * r * depth, 8 * TILE_ROWS, panel, step, tile);
        long to = c.address(row + r) + 8L * column;
        kernels.addTile(1, tile, to, c.stride(), Math.min(TILE_ROWS, rows - r), columns);
      }
    }
  }

  /**
   * h = (clear ? 0 : h) + Σ_i a_i (c_i - center)(c_i - center)ᵀ. Each thread sums its rows apart.
   */
  void gram(CpuBuffer c, CpuBuffer center, CpuBuffer a, boolean clear, CpuBuffer h) {
    int d = (int) c.columns();
    GramSum[] sums = new GramSum[parallel.threads()];
    int parts =
        parallel.run(
            c.rows(),
            Math.max(64, d / 4),
            (part, low, high) -> {
              GramSum sum = new GramSum(kernels, parallel, part, d, center.address());
              sums[part] = sum;
              for (long row = low; row < high; row++) {
                sum.add(c.address(row), get(a.address() + 8 * row));
              }
              sum.flush();
            });
    parallel.run(
        d,
        16,
        (_, low, high) -> {
          for (long first = low; first < high; first += LINE) {
            long end = Math.min(first + LINE, high);
            for (long i = first; i < end; i++) {
              long to = h.address(i);
              if (clear) {
                RawMemory.clear(to, 8 * (i + 1));
              }
              for (int part = 0; part < parts; part++) {
                kernels.addRow(1, sums[part].row(i), to, (int) (i + 1));
              }
            }
            mirror(h.address(), h.stride(), first, end);
          }
        });
  }

  /** h[j][i] = h[i][j] for rows first..end-1 and j &lt; i, in squares as wide as a cache line. */
  private static void mirror(long h, long stride, long first, long end) {
    for (long column = 0; column < end; column += LINE) {
      for (long i = first; i < end; i++) {
        for (long j = column; j < Math.min(column + LINE, i); j++) {
          set(h + j * stride + 8 * i, get(h + i * stride + 8 * j));
        }
      }
    }
  }

  private int panels(int d) {
    return (d + width - 1) / width;
  }
}
