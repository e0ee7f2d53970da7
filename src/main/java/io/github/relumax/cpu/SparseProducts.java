package io.github.relumax.cpu;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Products of a {@link SparseMatrix} with vectors: what its non-zeros need, and no more. */
final class SparseProducts {
  /** Entries of v that columns are multiplied with at a time: what stays in a core's cache. */
  private static final int COLUMN_ENTRIES = 65_536;

  /** Non-zeros that a column should have in these rows, on average, beside looking them up. */
  private static final double COLUMN_NON_ZEROS = 64;

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
    long vs = values & RawMemory.ADDRESS;
    long is = numbers & RawMemory.ADDRESS;
    long xs = x & RawMemory.ADDRESS;
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
    int[] all = IntStream.range(0, (int) a.columns()).toArray();
    multiplyTransposed(a, all, vectors, v, y);
  }

  /** The same for these columns alone. */
  void multiplyTransposed(SparseMatrix a, CpuUnits units, int vectors, CpuBuffer v, CpuBuffer y) {
    multiplyTransposed(a, Arrays.copyOf(units.index, units.count()), vectors, v, y);
  }

  private void multiplyTransposed(
      SparseMatrix a, int[] columns, int vectors, CpuBuffer v, CpuBuffer y) {
    split.columns(
        a,
        columns,
        vectors,
        (_, low, high) -> {
          int[] some = Arrays.copyOfRange(columns, (int) low, (int) high);
          multiplyColumns(a, some, vectors, v.address(), y.address());
        });
  }

  private static void multiplyColumns(SparseMatrix a, int[] columns, int vectors, long v, long y) {
    long blockRows = columnRows(a, vectors);
    long[] next = new long[columns.length];
    for (int c = 0; c < next.length; c++) {
      next[c] = a.place(columns[c], 0);
      for (int k = 0; k < vectors; k++) {
        RawMemory.set(y + 8 * (k * a.columns() + columns[c]), 0);
      }
    }
    for (long row = 0; row < a.rows(); row += blockRows) {
      long end = Math.min(row + blockRows, a.rows());
      for (int c = 0; c < next.length; c++) {
        long from = next[c];
        next[c] = a.place(columns[c], end);
        int count = (int) (next[c] - from);
        for (int k = 0; k < vectors; k++) {
          long to = y + 8 * (k * a.columns() + columns[c]);
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
}
