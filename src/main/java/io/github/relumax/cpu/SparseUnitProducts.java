package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.getInt;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Products with the columns of a {@link SparseMatrix} that a list of units names: sums of these
 * columns, and C.
 */
final class SparseUnitProducts {
  /** Rows of y that one thread adds to at a time. */
  private static final int COLUMN_ROWS = 4096;

  /** Entries of a row up to which a sum in registers takes longer than it saves. */
  private static final int SHORT = 2;

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
    long weights = x.address();
    long sums = y.address() - 8 * a.firstRow();
    split.rows(
        a,
        (double) units.count() * vectors / a.columns(),
        (_, low, high) -> {
          long[] next = a.places(units, low);
          for (long row = low; row < high; row += COLUMN_ROWS) {
            long end = Math.min(row + COLUMN_ROWS, high);
            for (int p = 0; p < next.length; p++) {
              int u = units.index[p];
              long from = next[p];
              next[p] = a.place(u, end);
              int count = (int) (next[p] - from);
              for (int k = 0; k < vectors; k++) {
                double s = get(weights + k * x.stride() + 8L * u);
                if (s != 0) {
                  long to = sums + k * y.stride();
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
   * through one panel after the other, so that a panel stays in cache, a sum in registers, and a
   * row of c is read and written once.
   */
  void accumulate(SparseMatrix a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
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
    long placeOf = UnitEntries.placeOf(parallel, a2, units);
    split.rows(
        a2,
        (double) count * d / a2.columns(),
        (part, low, high) -> {
          UnitEntries entries = new UnitEntries(parallel, part, a2, units, placeOf, low);
          for (long row = low; row < high; row += entries.rows()) {
            entries.list(row, high);
            if (clear) {
              RawMemory.clear(c.address(row), entries.rows() * c.stride());
            }
            addBlock(part, entries, units, a1Rows, right, c, row);
          }
        });
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

  /** c[row + r] += the sum of the r-th list, for all lists. */
  private void addBlock(
      int part,
      UnitEntries entries,
      CpuUnits units,
      RowBlocks a1,
      long right,
      CpuBuffer c,
      long row) {
    int[] longer = new int[entries.rows()];
    int count = 0;
    for (int r = 0; r < entries.rows(); r++) {
      int length = entries.count(r);
      if (length > SHORT) {
        longer[count] = r;
        count++;
        continue;
      }
      for (int p = 0; p < length; p++) {
        int k = getInt(entries.places(r) + 4L * p);
        double s = units.sign[k] * get(entries.values(r) + 8L * p);
        kernels.addRow(s, a1.load(part, units.index[k], 1, 1), c.address(row + r), a1.columns());
      }
    }
    addSums(part, entries, longer, count, right, units.count(), c, row);
  }

  /** The same for the lists with these numbers, panel by panel. */
  private void addSums(
      int part,
      UnitEntries entries,
      int[] numbers,
      int count,
      long right,
      int units,
      CpuBuffer c,
      long row) {
    int d = (int) c.columns();
    long tile = parallel.tile(part);
    int width;
    for (int column = 0; column < d; column += width) {
      width = kernels.sumWidth(d - column);
      long panel = right + 8L * units * column;
      int columns = Math.min(width, d - column);
      for (int i = 0; i < count; i++) {
        int r = numbers[i];
        kernels.sumRows(entries.values(r), entries.places(r), entries.count(r), panel, width, tile);
        kernels.addRow(1, tile, c.address(row + r) + 8L * column, columns);
      }
    }
  }
}
