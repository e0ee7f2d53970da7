package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Cholesky factorisation of a matrix that stays in a core's cache, on one thread: the rows of u =
 * lᵀ in strips as high as a tile, brought up to date by the rows before them as these lie there.
 * Nothing is packed or handed to other threads, which takes longer than the multiplications that a
 * few hundred columns need.
 */
final class SmallCholesky {
  /** Bytes of a line of the cache. */
  private static final long LINE = 64;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int tileRows;
  private final int tileColumns;

  SmallCholesky(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    tileRows = kernels.tileRows();
    tileColumns = kernels.tileColumns();
  }

  /** l lᵀ = h + shift I; false if a pivot is not above the rounding of its diagonal entry. */
  boolean factor(CpuBuffer h, double shift, CpuBuffer l) {
    int d = (int) h.rows();
    // The last tile goes beyond the last column. What is there, and below the diagonal, is computed
    // with and never used. An odd number of lines in a row: others would share places in a cache.
    long step = LINE * (Math.ceilDiv(8L * (d + tileColumns), LINE) | 1);
    long u = parallel.scratch(0, Parallel.RIGHT, step / 8 * d).address();
    fill(h, shift, u, step);
    for (int first = 0; first < d; first += tileRows) {
      int end = Math.min(first + tileRows, d);
      update(u, step, first, end, d);
      for (int i = first; i < end; i++) {
        double entry = Math.abs(get(h.address(i, i)) + shift);
        if (!factorRow(u, step, first, i, d, d * Math.ulp(1.0) * entry)) {
          return false;
        }
      }
    }
    copyTo(l, u, step);
    return true;
  }

  /** The upper triangle of u = that of h + shift I, of which the lower one is there. */
  private void fill(CpuBuffer h, double shift, long u, long step) {
    int d = (int) h.rows();
    for (int i = 0; i < d; i += 8) {
      int rows = Math.min(8, d - i);
      RawMemory.transpose(h.address(i), h.stride(), rows, i + rows, u + 8L * i, step);
    }
    for (int i = 0; i < d; i++) {
      long diagonal = u + step * i + 8L * i;
      set(diagonal, get(diagonal) + shift);
    }
  }

  /** Takes what the rows before first contribute off rows first..end-1. */
  private void update(long u, long step, int first, int end, int d) {
    long tile = parallel.tile(0);
    for (int j = first; first > 0 && j < d; j += tileColumns) {
      kernels.tile(first, u + 8L * first, step, u + 8L * j, step, tileColumns, tile);
      kernels.addTile(-1, tile, u + step * first + 8L * j, step, end - first, tileColumns);
    }
  }

  /** Row i of u, once rows first..i-1 are there; false if its pivot is not above the least. */
  private boolean factorRow(long u, long step, int first, int i, int d, double least) {
    long row = u + step * i + 8L * i;
    for (int k = first; k < i; k++) {
      long above = u + step * k + 8L * i;
      kernels.addRow(-get(above), above, row, d - i);
    }
    double pivot = get(row);
    if (!(pivot > least) || pivot == Double.POSITIVE_INFINITY) {
      return false;
    }
    double root = Math.sqrt(pivot);
    kernels.combine(1 / root, row, 0, row, row, d - i);
    set(row, root);
    return true;
  }

  /** l = uᵀ, with zeros above the diagonal. */
  private static void copyTo(CpuBuffer l, long u, long step) {
    int d = (int) l.rows();
    for (int i = 0; i < d; i += 8) {
      int rows = Math.min(8, d - i);
      RawMemory.transpose(u + 8L * i, step, i + rows, rows, l.address(i), l.stride());
      for (int r = i; r < i + rows; r++) {
        RawMemory.clear(l.address(r, r) + 8, 8L * (d - 1 - r));
      }
    }
  }
}
