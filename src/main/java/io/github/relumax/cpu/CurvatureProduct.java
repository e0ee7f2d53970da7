package io.github.relumax.cpu;

/**
 * The curvature matrix times a vector, out = Σ_i a_i ⟨c_i - center, v⟩ (c_i - center), in one read
 * of C: the rows are still in cache when their products with v are known. They are centred first,
 * as in the Gram matrix, so that a large common part of the rows cancels once and exactly.
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
              long centred = parallel.scratch(part, Parallel.ROWS, 4L * d).address();
              long coefficients = parallel.tile(part);
              long quarter = (high - low) / 4;
              for (long i = low; i < low + quarter; i++) {
                long from = rows.load(part, i, quarter, 4);
                for (int r = 0; r < 4; r++) {
                  long row = from + r * rows.stride(quarter);
                  kernels.combine(1, row, -1, center.address(), centred + 8L * r * d, d);
                }
                kernels.dots(centred, 8L * d, v.address(), d, coefficients, 8);
                for (int r = 0; r < 4; r++) {
                  weigh(coefficients + 8L * r, a.address() + 8 * (i + r * quarter));
                }
                kernels.addRows(coefficients, 8, centred, 8L * d, sum, d);
              }
              for (long i = low + 4 * quarter; i < high; i++) {
                kernels.combine(1, rows.load(part, i, 1, 1), -1, center.address(), centred, d);
                double dot = kernels.dot(centred, v.address(), d);
                kernels.addRow(RawMemory.get(a.address() + 8 * i) * dot, centred, sum, d);
              }
            });
    sums.addUp(parts, out);
  }

  private static void weigh(long dot, long weight) {
    RawMemory.set(dot, RawMemory.get(dot) * RawMemory.get(weight));
  }
}
