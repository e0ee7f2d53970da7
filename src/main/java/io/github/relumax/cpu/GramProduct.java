package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The weighted Gram matrix h = Σ_i a_i (c_i - center)(c_i - center)ᵀ. Each thread sums its rows
 * apart where C is tall; where it is not, a sum for each thread would cost as much as the products,
 * and all threads work on one.
 */
final class GramProduct {
  /** Rows of C for each column from which on threads sum apart. */
  private static final int TALL = 6;

  /** Columns that give all threads something to do when they work on one sum. */
  private static final int WIDE = 384;

  /** Blocks of h for each thread, so that none waits long for the last one. */
  private static final int BLOCKS = 4;

  /** Panels of rows in a block, at most: the more, the less often those of columns are fetched. */
  private static final int MOST_PANELS = 16;

  /** Rows and columns of a square of h that is mirrored at a time: a few cache lines. */
  private static final int SQUARE = 32;

  private final Kernels kernels;
  private final Parallel parallel;

  GramProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** h = (clear ? 0 : h) + Σ_i a_i (c_i - center)(c_i - center)ᵀ, from the lower triangle of h. */
  void add(CpuBuffer c, CpuBuffer center, CpuBuffer a, boolean clear, CpuBuffer h) {
    int d = (int) c.columns();
    if (d < WIDE || c.rows() >= (long) TALL * d) {
      addApart(c, center, a, clear, h);
    } else {
      addTogether(c, center, a, clear, h);
    }
    mirror(h.address(), h.stride(), d);
  }

  private void addApart(CpuBuffer c, CpuBuffer center, CpuBuffer a, boolean clear, CpuBuffer h) {
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

  /** h = (clear ? 0 : h) + the sums, lower triangle. */
  private void addSums(List<GramSum> sums, boolean clear, CpuBuffer h) {
    parallel.run(
        h.rows(),
        16,
        (_, low, high) -> {
          for (long i = low; i < high; i++) {
            long to = h.address(i);
            if (clear) {
              RawMemory.clear(to, 8 * (i + 1));
            }
            for (GramSum sum : sums) {
              kernels.addRow(1, sum.row(i), to, (int) (i + 1));
            }
          }
        });
  }

  /** Rows of one sign after another, as many at a time as a product takes. */
  private void addTogether(CpuBuffer c, CpuBuffer center, CpuBuffer a, boolean clear, CpuBuffer h) {
    boolean empty = clear;
    for (int sign = 1; sign >= -1; sign -= 2) {
      long[] rows = rows(a, sign < 0);
      int groups = Math.ceilDiv(rows.length, GramSum.DEPTH);
      for (int group = 0; group < groups; group++) {
        int from = (int) ((long) rows.length * group / groups);
        int to = (int) ((long) rows.length * (group + 1) / groups);
        Panels panels = pack(c, center, a, Arrays.copyOfRange(rows, from, to));
        addProduct(panels, to - from, sign, empty, h);
        empty = false;
      }
    }
    if (empty) {
      RawMemory.clear(h.address(), h.rows() * h.stride());
    }
  }

  /** The rows whose weight is below zero, or the others but those where it is zero. */
  private static long[] rows(CpuBuffer a, boolean negative) {
    return LongStream.range(0, a.rows() * a.columns())
        .filter(row -> get(a.address() + 8 * row) != 0)
        .filter(row -> get(a.address() + 8 * row) < 0 == negative)
        .toArray();
  }

  /** √|a_i| (c_i - center) for these rows i. */
  private Panels pack(CpuBuffer c, CpuBuffer center, CpuBuffer a, long[] rows) {
    int d = (int) c.columns();
    long size = Panels.size(kernels, d, rows.length);
    long packed = parallel.scratch(0, Parallel.RIGHT, size).address();
    Panels panels = new Panels(kernels, packed, rows.length);
    parallel.run(
        rows.length,
        16,
        (_, low, high) -> {
          for (int k = (int) low; k < high; k++) {
            double scale = Math.sqrt(Math.abs(get(a.address() + 8 * rows[k])));
            panels.packCentered(k, c.address(rows[k]), scale, center.address(), d);
          }
        });
    return panels;
  }

  /** h = (empty ? 0 : h) + sign panelsᵀ panels, lower triangle. */
  private void addProduct(Panels panels, int depth, int sign, boolean empty, CpuBuffer h) {
    int d = (int) h.rows();
    int count = Panels.count(kernels, d);
    int block = Math.clamp(count / (BLOCKS * parallel.threads()), 1, MOST_PANELS);
    parallel.largestFirst(
        Math.ceilDiv(count, block),
        (part, item) -> {
          int low = item * block;
          int high = Math.min(low + block, count);
          long tile = parallel.tile(part);
          panels.addLowerProduct(
              low, high, 0, depth, 0, d, sign, empty, tile, h.address(), h.stride(), d);
        });
  }

  /**
   * h[j][i] = h[i][j] for j &lt; i, in squares, and row by row on the diagonal.
   *
   * @param h where h[0][0] lies
   * @param stride bytes between rows
   */
  void mirror(long h, long stride, int d) {
    parallel.largestFirst(
        Math.ceilDiv(d, SQUARE),
        (_, item) -> {
          int i = item * SQUARE;
          int rows = Math.min(SQUARE, d - i);
          long first = h + stride * i;
          for (int j = 0; j < i; j += SQUARE) {
            RawMemory.transpose(
                first + 8L * j, stride, rows, SQUARE, h + stride * j + 8L * i, stride);
          }
          for (int row = i + 1; row < i + rows; row++) {
            RawMemory.transpose(
                h + stride * row + 8L * i, stride, 1, row - i, first + 8L * row, stride);
          }
        });
  }
}
