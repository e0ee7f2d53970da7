package io.github.relumax.cpu;

import java.util.Arrays;

/**
 * The curvature matrix times a vector, out = Σ_i a_i ⟨c_i - center, v⟩ (c_i - center), in one read
 * of C: the rows are still in cache when their products with v are known. They are centred before
 * anything is multiplied, as in the Gram matrix, so that a large common part of the rows cancels
 * without rounding.
 */
final class CurvatureProduct {
  private final Kernels kernels;
  private final Parallel parallel;

  CurvatureProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /**
   * @param grain rows that are worth a thread
   */
  void times(CpuBuffer c, CpuBuffer center, CpuBuffer a, CpuBuffer v, long grain, CpuBuffer out) {
    int d = (int) c.columns();
    RowBlocks rows = new RowBlocks(kernels, parallel, c);
    PartialRows sums = new PartialRows(kernels, parallel, d);
    // Four rows at a time, each from a quarter of its own, as in other products with vectors.
    int parts =
        parallel.run(
            c.rows(),
            grain,
            (part, low, high) -> {
              long sum = sums.clear(part);
              long[] four = new long[4];
              double[] weights = new double[4];
              double[] dots = new double[4];
              long quarter = (high - low) / 4;
              for (long i = low; i < low + quarter; i++) {
                for (int r = 0; r < 4; r++) {
                  four[r] = rows.loadAs(part, r, i + r * quarter);
                  weights[r] = RawMemory.get(a.address() + 8 * (i + r * quarter));
                }
                add(four, weights, center, v, dots, sum, d);
              }
              // The last ones alone: three times with no weight.
              Arrays.fill(weights, 0);
              for (long i = low + 4 * quarter; i < high; i++) {
                Arrays.fill(four, rows.loadAs(part, 0, i));
                weights[0] = RawMemory.get(a.address() + 8 * i);
                add(four, weights, center, v, dots, sum, d);
              }
            });
    sums.addUp(parts, out);
  }

  private void add(
      long[] rows,
      double[] weights,
      CpuBuffer center,
      CpuBuffer v,
      double[] dots,
      long sum,
      int d) {
    kernels.centeredDots(rows, center.address(), v.address(), d, dots);
    for (int r = 0; r < 4; r++) {
      dots[r] *= weights[r];
    }
    kernels.addCentered(dots, rows, center.address(), sum, d);
  }
}
