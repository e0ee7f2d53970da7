package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F64;

import java.lang.foreign.MemorySegment;

/**
 * Cholesky factorisation and triangular solves, row-major, blocked left-looking: before a block of
 * columns is factored it is brought up to date by the columns left of it, which is a product of
 * rows with rows and runs on the dot kernels.
 */
final class Cholesky {
  private static final int BLOCK = 64;

  private final Kernels kernels;
  private final Parallel parallel;

  Cholesky(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** l lᵀ = h + shift I; false if a pivot is not above the rounding of its diagonal entry. */
  boolean factor(MemorySegment h, double shift, MemorySegment l, int d) {
    for (int i = 0; i < d; i++) {
      MemorySegment.copy(h, at(i, 0, d), l, at(i, 0, d), 8L * i);
      l.set(F64, at(i, i, d), h.get(F64, at(i, i, d)) + shift);
      l.asSlice(at(i, i, d) + 8, 8L * (d - 1 - i)).fill((byte) 0);
    }
    for (int first = 0; first < d; first += BLOCK) {
      int block = first;
      int end = Math.min(first + BLOCK, d);
      if (block > 0) {
        parallel.run(
            d - block,
            grain(block),
            (part, low, high) ->
                update(l, d, block, end, block + (int) low, block + (int) high, part));
      }
      if (!factorDiagonal(l, d, block, end, h, shift)) {
        return false;
      }
      parallel.run(
          d - end,
          grain(BLOCK),
          (part, low, high) -> below(l, d, block, end, end + (int) low, end + (int) high));
    }
    return true;
  }

  /** Rows of about this many make a part worth a thread. */
  private static long grain(int depth) {
    return Math.max(8, 8_192 / depth);
  }

  /** l[i, first..end) -= Σ_{k < first} l[i,k] l[j,k] for rows low..high-1. */
  private void update(MemorySegment l, int d, int first, int end, int low, int high, int part) {
    double[] tile = parallel.tile(part);
    long stride = 8L * d;
    int i = low;
    for (; i + 2 <= high; i += 2) {
      int j = first;
      for (; j + 4 <= end; j += 4) {
        kernels.dotTile(l, at(i, 0, d), stride, l, at(j, 0, d), stride, first, tile);
        for (int k = 0; k < 4; k++) {
          subtract(l, at(i, j + k, d), tile[k]);
          subtract(l, at(i + 1, j + k, d), tile[4 + k]);
        }
      }
      for (; j < end; j++) {
        subtract(l, at(i, j, d), kernels.dot(l, at(i, 0, d), l, at(j, 0, d), first));
        subtract(l, at(i + 1, j, d), kernels.dot(l, at(i + 1, 0, d), l, at(j, 0, d), first));
      }
    }
    for (; i < high; i++) {
      for (int j = first; j < end; j++) {
        subtract(l, at(i, j, d), kernels.dot(l, at(i, 0, d), l, at(j, 0, d), first));
      }
    }
  }

  private boolean factorDiagonal(
      MemorySegment l, int d, int first, int end, MemorySegment h, double shift) {
    for (int j = first; j < end; j++) {
      int left = j - first;
      double pivot =
          l.get(F64, at(j, j, d)) - kernels.dot(l, at(j, first, d), l, at(j, first, d), left);
      double rounding = d * Math.ulp(1.0) * Math.abs(h.get(F64, at(j, j, d)) + shift);
      if (!(pivot > rounding) || pivot == Double.POSITIVE_INFINITY) {
        return false;
      }
      double root = Math.sqrt(pivot);
      l.set(F64, at(j, j, d), root);
      for (int i = j + 1; i < end; i++) {
        double dot = kernels.dot(l, at(i, first, d), l, at(j, first, d), left);
        l.set(F64, at(i, j, d), (l.get(F64, at(i, j, d)) - dot) / root);
      }
      // The update above also wrote the upper triangle of this block.
      l.asSlice(at(j, j, d) + 8, 8L * (end - 1 - j)).fill((byte) 0);
    }
    return true;
  }

  /**
   * l[i, first..end) = l[i, first..end) times the inverse transpose of the diagonal block, for rows
   * below it.
   */
  private void below(MemorySegment l, int d, int first, int end, int low, int high) {
    for (int i = low; i < high; i++) {
      for (int j = first; j < end; j++) {
        double dot = kernels.dot(l, at(i, first, d), l, at(j, first, d), j - first);
        l.set(F64, at(i, j, d), (l.get(F64, at(i, j, d)) - dot) / l.get(F64, at(j, j, d)));
      }
    }
  }

  /** x = (l lᵀ)⁻¹ x. */
  void solve(MemorySegment l, MemorySegment x, int d) {
    for (int i = 0; i < d; i++) {
      double dot = kernels.dot(l, at(i, 0, d), x, 0, i);
      x.set(F64, 8L * i, (x.get(F64, 8L * i) - dot) / l.get(F64, at(i, i, d)));
    }
    for (int i = d - 1; i >= 0; i--) {
      double xi = x.get(F64, 8L * i) / l.get(F64, at(i, i, d));
      x.set(F64, 8L * i, xi);
      kernels.addRow(-xi, l, at(i, 0, d), x, 0, i);
    }
  }

  private static void subtract(MemorySegment l, long at, double value) {
    l.set(F64, at, l.get(F64, at) - value);
  }

  private static long at(long i, long j, long d) {
    return 8 * (i * d + j);
  }
}
