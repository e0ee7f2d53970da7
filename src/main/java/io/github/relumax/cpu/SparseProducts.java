package io.github.relumax.cpu;

import java.util.Arrays;

/** Products with a {@link SparseMatrix}: what its non-zeros need, and no more. */
final class SparseProducts {
  /** Rows of y that one thread adds to at a time, when it goes through columns. */
  private static final int COLUMN_ROWS = 4096;

  /** Entries of v that columns are multiplied with at a time: what stays in a core's cache. */
  private static final int COLUMN_ENTRIES = 65_536;

  /** Non-zeros that a column should have in these rows, on average, beside looking them up. */
  private static final double COLUMN_NON_ZEROS = 64;

  /** Entries of C that it adds to at a time, when it goes through columns. */
  private static final int BLOCK_SIZE = 16_384;

  /** Columns are gone through when they are fewer than this part of all. */
  private static final int FEW = 8;

  /** Bits that an address can have: what was masked by them needs no check of bounds. */
  private static final long ADDRESS = Long.MAX_VALUE >> 1;

  private final Kernels kernels;
  private final Parallel parallel;
  private final SparseSplit split;

  SparseProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    split = new SparseSplit(parallel);
  }

  /** Row k of y = a times row k of x. */
  void multiply(SparseMatrix a, CpuBuffer x, CpuBuffer y) {
    int width = kernels.sumWidth(1);
    for (int k = 0; k < x.rows(); k += width) {
      int vectors = (int) Math.min(width, x.rows() - k);
      if (vectors == 1) {
        multiplyOne(a, x, y, k);
      } else {
        multiplySome(a, x, y, k, vectors, width);
      }
    }
  }

  private void multiplyOne(SparseMatrix a, CpuBuffer x, CpuBuffer y, int k) {
    split.rows(
        a,
        1,
        (_, low, high) -> {
          for (long i = low; i < high; i++) {
            double sum = dot(a.values(i), a.columns(i), a.count(i), x.address(k));
            RawMemory.set(y.address(k) + 8 * i, sum);
          }
        });
  }

  private void multiplySome(
      SparseMatrix a, CpuBuffer x, CpuBuffer y, int k, int vectors, int width) {
    long packed = pack(x, k, vectors, width);
    split.rows(
        a,
        1,
        (part, low, high) -> {
          long tile = parallel.tile(part);
          for (long i = low; i < high; i++) {
            kernels.sumRows(a.values(i), a.columns(i), a.count(i), packed, width, tile);
            for (int v = 0; v < vectors; v++) {
              RawMemory.set(y.address(k + v) + 8 * i, RawMemory.get(tile + 8L * v));
            }
          }
        });
  }

  /** Vectors k, k + 1, ... side by side, and zeros up to the width that a sum of rows has. */
  private long pack(CpuBuffer x, int k, int vectors, int width) {
    int n = (int) x.columns();
    long packed = parallel.scratch(0, Parallel.RIGHT, (long) n * width).address();
    RawMemory.clear(packed, 8L * n * width);
    for (int v = 0; v < vectors; v++) {
      long from = x.address(k + v);
      for (int j = 0; j < n; j++) {
        RawMemory.set(packed + 8L * ((long) j * width + v), RawMemory.get(from + 8L * j));
      }
    }
    return packed;
  }

  /**
   * Σ values[p] x[numbers[p]]. What is masked, and numbers without their sign, need no check of
   * bounds, which took a third of the time.
   */
  private static double dot(long values, long numbers, int n, long x) {
    long vs = values & ADDRESS;
    long is = numbers & ADDRESS;
    long xs = x & ADDRESS;
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int p = 0;
    for (; p <= n - 4; p += 4) {
      long v = vs + 8L * p;
      long i = is + 4L * p;
      s0 += RawMemory.get(v) * RawMemory.get(xs + 8 * number(i));
      s1 += RawMemory.get(v + 8) * RawMemory.get(xs + 8 * number(i + 4));
      s2 += RawMemory.get(v + 16) * RawMemory.get(xs + 8 * number(i + 8));
      s3 += RawMemory.get(v + 24) * RawMemory.get(xs + 8 * number(i + 12));
    }
    for (; p < n; p++) {
      s0 += RawMemory.get(vs + 8L * p) * RawMemory.get(xs + 8 * number(is + 4L * p));
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static long number(long address) {
    return Integer.toUnsignedLong(RawMemory.getInt(address));
  }

  /**
   * Row k of y = aᵀ times row k of v. Each column is multiplied with v, so that nothing is added to
   * in memory, a block of rows at a time.
   */
  void multiplyTransposed(SparseMatrix a, int vectors, CpuBuffer v, CpuBuffer y) {
    split.columns(
        a,
        vectors,
        (_, low, high) -> multiplyColumns(a, vectors, v.address(), y.address(), low, high));
  }

  private static void multiplyColumns(
      SparseMatrix a, int vectors, long v, long y, long low, long high) {
    long blockRows = columnRows(a, vectors);
    long[] next = new long[(int) (high - low)];
    Arrays.setAll(next, c -> a.place(low + c, 0));
    for (int k = 0; k < vectors; k++) {
      RawMemory.clear(y + 8 * (k * a.columns() + low), 8L * next.length);
    }
    for (long row = 0; row < a.rows(); row += blockRows) {
      long end = Math.min(row + blockRows, a.rows());
      for (int c = 0; c < next.length; c++) {
        long from = next[c];
        next[c] = a.place(low + c, end);
        int count = (int) (next[c] - from);
        for (int k = 0; k < vectors; k++) {
          long to = y + 8 * (k * a.columns() + low + c);
          long by = v + 8 * (k * a.rows() - a.firstRow());
          double sum = dot(a.columnValues(from), a.rowNumbers(from), count, by);
          RawMemory.set(to, RawMemory.get(to) + sum);
        }
      }
    }
  }

  /** Rows in which as much of the vectors is used as stays in cache, or enough of a column. */
  private static long columnRows(SparseMatrix a, int vectors) {
    double rowsOfOne = (double) a.rows() * a.columns() / Math.max(1, a.storedEntries());
    return (long) Math.max((double) COLUMN_ENTRIES / vectors, COLUMN_NON_ZEROS * rowsOfOne);
  }

  /** y[columns[p]] += s values[p]. The mask spares checks of bounds, and lets the JIT unroll. */
  private static void add(double s, long values, long columns, int count, long y) {
    for (int p = 0; p < count; p++) {
      long to = (y + 8L * RawMemory.getInt((columns + 4L * p) & ADDRESS)) & ADDRESS;
      RawMemory.set(to, RawMemory.get(to) + s * RawMemory.get((values + 8L * p) & ADDRESS));
    }
  }

  // Few columns, each after the other, in blocks of rows: what a block adds to stays in cache.

  /** Row k of y += Σ_units x[k,u] a[:,u]. */
  void addColumns(SparseMatrix a, CpuUnits units, CpuBuffer x, CpuBuffer y) {
    int vectors = (int) x.rows();
    split.rows(
        a,
        (double) units.count() * vectors / a.columns(),
        (_, low, high) -> {
          long[] next = places(a, units, low);
          for (long row = low; row < high; row += COLUMN_ROWS) {
            long end = Math.min(row + COLUMN_ROWS, high);
            for (int p = 0; p < next.length; p++) {
              int u = units.index[p];
              long from = next[p];
              next[p] = a.place(u, end);
              int count = (int) (next[p] - from);
              for (int k = 0; k < vectors; k++) {
                double s = RawMemory.get(x.address(k) + 8L * u);
                if (s != 0) {
                  long to = y.address(k) - 8 * a.firstRow();
                  add(s, a.columnValues(from), a.rowNumbers(from), count, to);
                }
              }
            }
          }
        });
  }

  /** Where the non-zeros of the units' columns from this row on begin. */
  private static long[] places(SparseMatrix a, CpuUnits units, long row) {
    long[] places = new long[units.count()];
    Arrays.setAll(places, p -> a.place(units.index[p], row));
    return places;
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
          long[] next = places(a2, units, low);
          for (long row = low; row < high; row += blockRows) {
            long end = Math.min(row + blockRows, high);
            for (int p = 0; p < next.length; p++) {
              long a1Row = a1Rows.load(part, units.index[p], 1, 1);
              long last = a2.place(units.index[p], end);
              for (long place = next[p]; place < last; place++) {
                double s = units.sign[p] * RawMemory.get(a2.columnValues(place));
                long i = RawMemory.getInt(a2.rowNumbers(place)) - a2.firstRow();
                kernels.addRow(s, a1Row, c.address(i), d);
              }
              next[p] = last;
            }
          }
        });
  }

  // Many columns

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
  private void addBlock(int part, UnitEntries entries, long right, int count, CpuBuffer c, long row) {
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
