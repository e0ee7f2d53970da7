package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

import java.util.Arrays;
import java.util.List;

/**
 * The two matrix products: C from selected units, and the weighted Gram matrix. Both copy their
 * operands into {@link Panels}, so many rows at a time that what a thread reads again stays in its
 * cache.
 */
final class PackedProducts {
  /** Units that one product takes: the more, the less often C is read and written. */
  private static final int DEPTH = 384;

  /** Rows of C that one thread treats at a time. */
  private static final int BLOCK_ROWS = 96;

  /** Numbers of A2 that each thread packs. */
  static final int LEFT_SIZE = BLOCK_ROWS * DEPTH;

  /** float64 numbers in a cache line. */
  private static final int LINE = 8;

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
    parallel.run(
        c.rows(),
        kernels.tileRows(),
        (part, low, high) -> {
          long left = parallel.scratch(part, Parallel.LEFT, LEFT_SIZE).address();
          for (long row = low; row < high; row += BLOCK_ROWS) {
            int rows = (int) Math.min(BLOCK_ROWS, high - row);
            if (clear) {
              RawMemory.clear(c.address(row), rows * c.stride());
            }
            for (int first = 0; first < count; first += DEPTH) {
              int depth = Math.min(DEPTH, count - first);
              packColumns(a2, row, rows, first, depth, left);
              addBlock(part, left, group(right, units, d, first), depth, c, row, rows);
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

  /** c[row..row+rows) += left strips times the panels of right. */
  private void addBlock(
      int part, long left, Panels right, int depth, CpuBuffer c, long row, int rows) {
    int d = (int) c.columns();
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    long tile = parallel.tile(part);
    for (int column = 0; column < d; column += tileColumns) {
      if (column % Panels.FETCHED_COLUMNS == 0) {
        long bytes = 8L * Math.min(Panels.FETCHED_COLUMNS, d - column);
        RawMemory.fetch(c.address(row) + 8L * column, rows, c.stride(), bytes, tile);
      }
      long panel = right.at(0, column);
      int columns = Math.min(tileColumns, d - column);
      for (int r = 0; r < rows; r += tileRows) {
        kernels.tile(depth, left + 8L * r * depth, 8L * tileRows, panel, right.step(), tile);
        long to = c.address(row + r) + 8L * column;
        kernels.addTile(1, tile, to, c.stride(), Math.min(tileRows, rows - r), columns);
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
    addSums(Arrays.asList(sums).subList(0, parts), clear, h);
  }

  /** h = (clear ? 0 : h) + the sums, both triangles. */
  private void addSums(List<GramSum> sums, boolean clear, CpuBuffer h) {
    parallel.run(
        h.rows(),
        16,
        (_, low, high) -> {
          for (long first = low; first < high; first += LINE) {
            long end = Math.min(first + LINE, high);
            for (long i = first; i < end; i++) {
              long to = h.address(i);
              if (clear) {
                RawMemory.clear(to, 8 * (i + 1));
              }
              for (GramSum sum : sums) {
                kernels.addRow(1, sum.row(i), to, (int) (i + 1));
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
}
