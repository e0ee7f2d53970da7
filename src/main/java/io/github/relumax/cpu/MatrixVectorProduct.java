package io.github.relumax.cpu;

/**
 * Products of a matrix with vectors, row k of y = a times row k of x: dot products of the rows of a
 * with all vectors, while the rows are in cache.
 */
final class MatrixVectorProduct {
  private final Kernels kernels;
  private final Parallel parallel;

  MatrixVectorProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** {@link io.github.relumax.backend.Backend#multiply}. a: r x c, x: k x c, y: k x r. */
  void multiply(CpuBuffer a, CpuBuffer x, CpuBuffer y) {
    RowBlocks rows = new RowBlocks(kernels, parallel, a);
    int n = (int) a.columns();
    // Four rows at a time, each from a quarter of its own: memory reads four long streams faster
    // than rows that follow each other.
    parallel.run(
        a.rows(),
        Parallel.grain(n),
        (part, low, high) -> {
          // What a few short rows need is found before the loop: it would show beside their read.
          long quarter = (high - low) / 4;
          long stride = rows.stride(quarter);
          long x0 = x.address();
          long y0 = y.address();
          for (long i = low; i < low + quarter; i++) {
            long at = rows.load(part, i, quarter, 4);
            if (x.rows() == 1) {
              kernels.dots(at, stride, x0, n, y0 + 8 * i, 8 * quarter);
            } else {
              multiplyRows(at, stride, quarter, x, y, i, n);
            }
          }
          for (long i = low + 4 * quarter; i < high; i++) {
            long at = rows.load(part, i, 1, 1);
            for (int k = 0; k < x.rows(); k++) {
              RawMemory.set(y.address(k) + 8 * i, kernels.dot(at, x.address(k), n));
            }
          }
        });
  }

  /**
   * Entries i, i + apart, i + 2 apart and i + 3 apart of every row of y, from as many rows of a.
   */
  private void multiplyRows(
      long a, long stride, long apart, CpuBuffer x, CpuBuffer y, long i, int n) {
    int count = (int) x.rows();
    int k = 0;
    for (; k + 4 <= count; k += 4) {
      long out = y.address(k) + 8 * i;
      for (int r = 0; r < 4; r += 2) {
        kernels.dotTile(
            a + r * stride,
            stride,
            x.address(k),
            x.stride(),
            n,
            out + 8L * r * apart,
            8 * apart,
            y.stride());
      }
    }
    for (; k < count; k++) {
      kernels.dots(a, stride, x.address(k), n, y.address(k) + 8 * i, 8 * apart);
    }
  }
}
