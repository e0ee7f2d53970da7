package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.getInt;
import static io.github.relumax.cpu.RawMemory.set;

import java.util.Arrays;

/**
 * Products with the columns of a {@link SparseMatrix} that a list of units names: sums of these
 * columns, and C. Few columns are gone through one after another, in blocks of rows, so that what a
 * block adds to stays in cache; for many, it is the rows that are gone through.
 */
final class SparseUnitProducts {
  /** Rows of y that one thread adds to at a time, when it goes through columns. */
  private static final int COLUMN_ROWS = 4096;

  /** Entries of C that it adds to at a time, when it goes through columns. */
  private static final int BLOCK_SIZE = 16_384;

  /** C is added to by columns where these are at most one in so many. */
  private static final int FEW = 8;

  private final Kernels kernels;
  private final Parallel parallel;
  private final SparseSplit split;

  SparseUnitProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    split = new SparseSplit(parallel);
  }

  /** Row k of y += Σ_units x[k,u] a[:,u]. */
  void addColumns(SparseMatrix a, CpuUnits units, CpuBuffer x, CpuBuffer y) {
    int vectors = (int) x.rows();
    split.rows(
        a,
        (double) units.count() * vectors / a.columns(),
        (_, low, high) -> {
          long[] next = columnBegins(a, units, low);
          for (long row = low; row < high; row += COLUMN_ROWS) {
            long end = Math.min(row + COLUMN_ROWS, high);
            for (int p = 0; p < next.length; p++) {
              int u = units.index[p];
              long from = next[p];
              next[p] = a.place(u, end);
              int count = (int) (next[p] - from);
              for (int k = 0; k < vectors; k++) {
                double s = get(x.address(k) + 8L * u);
                if (s != 0) {
                  long to = y.address(k) - 8 * a.firstRow();
                  add(s, a.columnValues(from), a.rowNumbers(from), count, to);
                }
              }
            }
          }
        });
  }

  /** y[columns[p]] += s values[p]. The mask spares checks of bounds, and lets the JIT unroll. */
  private static void add(double s, long values, long columns, int count, long y) {
    for (int p = 0; p < count; p++) {
      long to = (y + 8L * getInt((columns + 4L * p) & ADDRESS)) & ADDRESS;
      set(to, get(to) + s * get((values + 8L * p) & ADDRESS));
    }
  }

  /**
   * c = (clear ? 0 : c) + Σ_units sign a2[:,u] a1[u,:]. The units' rows of a1 are copied into
   * panels of columns. Of a few rows of a2 the entries of these units are listed; the rows go
   * through one panel after the other, so that a panel stays in cache and a sum in registers.
   */
  void accumulate(SparseMatrix a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
    if (!clear && (long) FEW * units.count() <= a2.columns()) {
      addFew(a2, units, a1, c);
      return;
    }
    int count = units.count();
    int d = (int) a1.columns();
    // The last panel may be wider than what is left, by less than a panel of the dense product.
    long right =
        parallel.scratch(0, Parallel.RIGHT, (long) count * (d + Panels.width(kernels))).address();
    RowBlocks a1Rows = new RowBlocks(kernels, parallel, a1);
    parallel.run(
        count,
        64,
        (part, low, high) -> {
          for (int k = (int) low; k < high; k++) {
            packUnit(a1Rows, part, units, k, right);
          }
        });
    CpuBuffer places = places(units, (int) a2.columns());
    split.rows(
        a2,
        d,
        (part, low, high) -> {
          UnitEntries entries = new UnitEntries(parallel, part, a2, places.address());
          for (long row = low; row < high; row += entries.rows()) {
            entries.list(row, high);
            if (clear) {
              RawMemory.clear(c.address(row), entries.rows() * c.stride());
            }
            addBlock(part, entries, right, count, c, row);
          }
        });
  }

  /** c += Σ_units sign a2[:,u] a1[u,:]. */
  private void addFew(SparseMatrix a2, CpuUnits units, CpuBuffer a1, CpuBuffer c) {
    int d = (int) a1.columns();
    RowBlocks a1Rows = new RowBlocks(kernels, parallel, a1);
    long blockRows = Math.max(4, BLOCK_SIZE / d);
    split.rows(
        a2,
        (double) units.count() * d / a2.columns(),
        (part, low, high) -> {
          long[] next = columnBegins(a2, units, low);
          for (long row = low; row < high; row += blockRows) {
            long end = Math.min(row + blockRows, high);
            for (int p = 0; p < next.length; p++) {
              long a1Row = a1Rows.load(part, units.index[p], 1, 1);
              long last = a2.place(units.index[p], end);
              for (long place = next[p]; place < last; place++) {
                double s = units.sign[p] * get(a2.columnValues(place));
                long i = getInt(a2.rowNumbers(place)) - a2.firstRow();
                kernels.addRow(s, a1Row, c.address(i), d);
              }
              next[p] = last;
            }
          }
        });
  }

  /** Where the non-zeros of the units' columns from this row on begin. */
  private static long[] columnBegins(SparseMatrix a, CpuUnits units, long row) {
    long[] begins = new long[units.count()];
    Arrays.setAll(begins, p -> a.place(units.index[p], row));
    return begins;
  }

  /** Row u_k of a1 with its sign, as row k of the panels. */
  private void packUnit(RowBlocks a1, int part, CpuUnits units, int k, long right) {
    int d = a1.columns();
    double sign = units.sign[k];
    long from = a1.load(part, units.index[k], 1, 1);
    int width;
    for (int column = 0; column < d; column += width) {
      width = kernels.sumWidth(d - column);
      int columns = Math.min(width, d - column);
      long row = from + 8L * column;
      long to = right + 8L * ((long) units.count() * column + (long) k * width);
      kernels.combine(sign, row, 0, row, to, columns);
      RawMemory.clear(to + 8L * columns, 8L * (width - columns));
    }
  }

  /** The place of every unit in the list, as a 32-bit number; -1 where it is not in it. */
  private CpuBuffer places(CpuUnits units, int n) {
    CpuBuffer places = parallel.scratch(0, Parallel.RESULT, Math.ceilDiv(n, 2));
    for (int u = 0; u < n; u++) {
      RawMemory.setInt(places.address() + 4L * u, -1);
    }
    for (int k = 0; k < units.count(); k++) {
      RawMemory.setInt(places.address() + 4L * units.index[k], k);
    }
    return places;
  }

  /** c[row + r] += the sum of the r-th list, for all lists. */
  private void addBlock(
      int part, UnitEntries entries, long right, int count, CpuBuffer c, long row) {
    int d = (int) c.columns();
    long tile = parallel.tile(part);
    int width;
    for (int column = 0; column < d; column += width) {
      width = kernels.sumWidth(d - column);
      long panel = right + 8L * count * column;
      int columns = Math.min(width, d - column);
      for (int r = 0; r < entries.rows(); r++) {
        int length = entries.count(r);
        if (length > 0) {
          kernels.sumRows(entries.values(r), entries.places(r), length, panel, width, tile);
          kernels.addRow(1, tile, c.address(row + r) + 8L * column, columns);
        }
      }
    }
  }
}
