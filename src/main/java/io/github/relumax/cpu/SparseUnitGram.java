package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.getInt;
import static io.github.relumax.cpu.RawMemory.set;

import java.util.Arrays;
import java.util.List;

/**
 * The Gram matrix of C = Σ_units sign a2[:,u] a1[u,:] where a2 is a {@link SparseMatrix}, without
 * C. With S the columns of a2 that k units name, R their rows of a1 with the signs, and one more of
 * each for the center,
 *
 * <pre>
 *   C - 1 centerᵀ = S R,   S = (a2[:,u] ... 1),   R = (± a1[u,:] ... -center)
 *   Σ_i a_i (C_i - center)(C_i - center)ᵀ = Rᵀ G R,   G = Sᵀ diag(a) S
 * </pre>
 *
 * A row of S with e entries adds to e² of the k² entries of G, and what follows does not depend on
 * how many rows there are: where rows have few entries, this is far less than the d² sums of each
 * row of C.
 */
final class SparseUnitGram {
  /**
   * Rows with more than one entry in so many units are multiplied as dense ones: more sums, but of
   * tiles.
   */
  private static final int FULL = 5;

  /** Bytes of a line of the cache. */
  private static final long LINE = 64;

  private final Kernels kernels;
  private final Parallel parallel;
  private final GramProduct grams;
  private final SparseSplit split;

  SparseUnitGram(Kernels kernels, Parallel parallel, GramProduct grams) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.grams = grams;
    split = new SparseSplit(parallel);
  }

  /**
   * h = the matrix above.
   *
   * @return mean of |h_jj| with 0 for the center
   */
  double gram(
      SparseMatrix a2, CpuUnits units, CpuBuffer a1, CpuBuffer center, CpuBuffer a, CpuBuffer h) {
    List<GramSum> sums = unitSums(a2, units, a);
    int k = units.count() + 1;
    int d = (int) a1.columns();
    Square g = square(Parallel.LEFT, k, k);
    collect(sums, k, g);
    Square r = square(Parallel.RIGHT, k, d);
    copyRows(a1, units, center, r);
    Square t = square(Parallel.RESULT, k, d);
    multiply(k, g, r, k, d, false, t.address, t.step);
    multiply(k, r, t, d, d, true, h.address(), h.stride());
    grams.mirror(h.address(), h.stride(), d);
    return meanDiagonal(h, center.address(), t.row(k - 1L), get(g.row(k - 1L) + 8L * (k - 1)));
  }

  /**
   * Rows of numbers, with room for a tile behind the last column: what is there is computed with
   * and never used.
   */
  private record Square(long address, long step) {
    long row(long i) {
      return address + i * step;
    }
  }

  private Square square(int slot, long rows, long columns) {
    // An odd number of lines in a row: others would share places in a cache.
    long room = Math.max(kernels.tileRows(), kernels.tileColumns());
    long step = LINE * (Math.ceilDiv(8 * (columns + room), LINE) | 1);
    return new Square(parallel.scratch(0, slot, step / 8 * rows).address(), step);
  }

  // G

  /** The parts' shares of G. */
  private List<GramSum> unitSums(SparseMatrix a2, CpuUnits units, CpuBuffer a) {
    int k = units.count() + 1;
    GramSum[] sums = new GramSum[parallel.threads()];
    int parts =
        split.rows(
            a2,
            (double) k / a2.columns(),
            (part, low, high) -> {
              long lines =
                  parallel.scratch(part, Parallel.ROWS, (GramSum.DEPTH + 1L) * k).address();
              long zero = lines + 8L * GramSum.DEPTH * k;
              RawMemory.clear(zero, 8L * k);
              sums[part] = new GramSum(kernels, parallel, part, k, zero);
              UnitEntries entries = new UnitEntries(parallel, part, a2, units, 0, low);
              addRows(entries, k, a, low, high, lines, sums[part]);
            });
    return Arrays.asList(sums).subList(0, parts);
  }

  private static void addRows(
      UnitEntries entries, int k, CpuBuffer a, long low, long high, long lines, GramSum sum) {
    int full = 0;
    for (long row = low; row < high; row += entries.rows()) {
      entries.list(row, high);
      for (int r = 0; r < entries.rows(); r++) {
        double weight = get(a.address() + 8 * (row + r));
        int length = entries.count(r);
        if (FULL * length > k) {
          long line = lines + 8L * full * k;
          spread(entries.values(r), entries.places(r), length, k, line);
          sum.add(line, weight);
          full++;
          if (full == GramSum.DEPTH) {
            sum.flush();
            full = 0;
          }
        } else {
          addPairs(weight, entries.values(r), entries.places(r), length, k, sum);
        }
      }
    }
    sum.flush();
  }

  private static void spread(long values, long places, int length, int k, long line) {
    RawMemory.clear(line, 8L * k);
    for (int p = 0; p < length; p++) {
      set(line + 8L * getInt(places + 4L * p), get(values + 8L * p));
    }
    set(line + 8L * (k - 1), 1);
  }

  /** The lower triangle, as places ascend. */
  private static void addPairs(
      double weight, long values, long places, int length, int k, GramSum sum) {
    long from = values & ADDRESS;
    long numbers = places & ADDRESS;
    long last = sum.row(k - 1L) & ADDRESS;
    for (int p = 0; p < length; p++) {
      double s = weight * get(from + 8L * p);
      int place = getInt(numbers + 4L * p);
      long to = sum.row(place) & ADDRESS;
      for (int q = 0; q <= p; q++) {
        long at = to + 8L * getInt(numbers + 4L * q);
        set(at, get(at) + s * get(from + 8L * q));
      }
      long at = last + 8L * place;
      set(at, get(at) + s);
    }
    long at = last + 8L * (k - 1);
    set(at, get(at) + weight);
  }

  /** G from the lower triangles of its parts. */
  private void collect(List<GramSum> sums, int k, Square g) {
    for (int i = 0; i < k; i++) {
      RawMemory.copy(sums.getFirst().row(i), g.row(i), 8L * (i + 1));
      for (GramSum sum : sums.subList(1, sums.size())) {
        kernels.addRow(1, sum.row(i), g.row(i), i + 1);
      }
    }
    grams.mirror(g.address, g.step, k);
  }

  // Rᵀ G R

  private void copyRows(CpuBuffer a1, CpuUnits units, CpuBuffer center, Square r) {
    RowBlocks rows = new RowBlocks(kernels, parallel, a1);
    int d = rows.columns();
    for (int k = 0; k < units.count(); k++) {
      long row = rows.load(0, units.index[k], 1, 1);
      kernels.combine(units.sign[k], row, 0, row, r.row(k), d);
    }
    kernels.combine(-1, center.address(), 0, center.address(), r.row(units.count()), d);
  }

  /**
   * out[i][j] = Σ_k left[k][i] right[k][j].
   *
   * @param lower j &lt;= i alone; tiles on the diagonal go beyond it
   */
  private void multiply(
      int depth,
      Square left,
      Square right,
      int rows,
      int columns,
      boolean lower,
      long out,
      long outStep) {
    int tileRows = kernels.tileRows();
    int tileColumns = kernels.tileColumns();
    parallel.run(
        Math.ceilDiv(rows, tileRows),
        Math.max(1, Parallel.GRAIN / ((long) depth * columns)),
        (part, low, high) -> {
          long tile = parallel.tile(part);
          for (int i = (int) low * tileRows; i < Math.min(high * tileRows, rows); i += tileRows) {
            int height = Math.min(tileRows, rows - i);
            int end = lower ? i + height : columns;
            for (int j = 0; j < end; j += tileColumns) {
              int width = Math.min(tileColumns, end - j);
              kernels.tile(
                  depth,
                  left.address + 8L * i,
                  left.step,
                  right.address + 8L * j,
                  right.step,
                  width,
                  tile);
              long to = out + outStep * i + 8L * j;
              kernels.storeTile(1, tile, to, outStep, height, width);
            }
          }
        });
  }

  /**
   * Mean of |(h + u centerᵀ + center uᵀ - t center centerᵀ)_jj|.
   *
   * @param moved u - t center
   */
  private static double meanDiagonal(CpuBuffer h, long center, long moved, double t) {
    double sum = 0;
    for (long j = 0; j < h.rows(); j++) {
      double c = get(center + 8 * j);
      sum += Math.abs(get(h.address(j, j)) + c * (2 * get(moved + 8 * j) + t * c));
    }
    return sum / h.rows();
  }
}
