package io.github.relumax.cpu;

/**
 * The curvature matrix times a vector, out = Σ_i a_i ⟨c_i - center, v⟩ (c_i - center), in one read
 * of C: the rows are still in cache when their products with v are known. They are centred first,
 * as in the Gram matrix, so that a large common part of the rows cancels without rounding.
 */
final class CurvatureProduct {
  /** Scratch for rows that are widened, in turn. */
  private static final int[] SLOTS = {Parallel.ROWS, Parallel.LEFT};

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
              long quarter = (high - low) / 4;
              if (quarter > 0) {
                addFours(rows, part, low, quarter, center, a, v, sum);
              }
              for (long i = low + 4 * quarter; i < high; i++) {
                long row = rows.load(part, i, 1, 1);
                long centred = parallel.scratch(part, Parallel.RIGHT, d).address();
                kernels.combine(1, row, -1, center.address(), centred, d);
                double dot = kernels.dot(centred, v.address(), d);
                kernels.addRow(RawMemory.get(a.address() + 8 * i) * dot, centred, sum, d);
              }
            });
    sums.addUp(parts, out);
  }

  /** Rows low to low + 4 quarter - 1: each four are added up while the next four are read. */
  private void addFours(
      RowBlocks rows,
      int part,
      long low,
      long quarter,
      CpuBuffer center,
      CpuBuffer a,
      CpuBuffer v,
      long sum) {
    int d = rows.columns();
    long stride = rows.stride(quarter);
    long coefficients = parallel.tile(part);
    RawMemory.clear(coefficients, 32);
    long last = rows.load(part, SLOTS[0], low, quarter, 4);
    for (long i = low; i < low + quarter; i++) {
      long next = rows.load(part, SLOTS[(int) (i - low & 1)], i, quarter, 4);
      kernels.addCenteredThenDots(
          coefficients, last, next, stride, center.address(), v.address(), d, sum, coefficients);
      for (int r = 0; r < 4; r++) {
        long at = coefficients + 8L * r;
        RawMemory.set(at, RawMemory.get(at) * RawMemory.get(a.address() + 8 * (i + r * quarter)));
      }
      last = next;
    }
    double[] weights = new double[4];
    long[] four = new long[4];
    for (int r = 0; r < 4; r++) {
      weights[r] = RawMemory.get(coefficients + 8L * r);
      four[r] = last + r * stride;
    }
    kernels.addCentered(weights, four, center.address(), sum, d);
  }
}
