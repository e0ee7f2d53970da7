package io.github.relumax.cpu;

/**
 * Products of a matrix with vectors, row k of y = a times row k of x: dot products of the rows of a
 * with all vectors, while the rows are in cache. Few vectors are taken one by one; many are first
 * copied side by side, so that an entry of a meets as many as fill the registers.
 */
final class MatrixVectorProduct {
  /** Vectors up to which copying them takes longer than it saves. */
  private static final int FEW_VECTORS = 4;

  private final Kernels kernels;
  private final Parallel parallel;

  MatrixVectorProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** {@link io.github.relumax.backend.Backend#multiply}. a: r x c, x: k x c, y: k x r. */
  void multiply(CpuBuffer a, CpuBuffer x, CpuBuffer y) {
    int atOnce = kernels.vectorsAtOnce();
    long rest = x.rows() % atOnce;
    long few = rest <= FEW_VECTORS ? rest : 0;
    long many = x.rows() - few;
    long side = many == 0 ? 0 : besideEachOther(x, many);
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
          long xFew = x.address(many);
          long yFew = y.address(many);
          long xNext = x.stride();
          long yNext = y.stride();
          long tile = parallel.tile(part);
          for (long i = low; i < low + quarter; i++) {
            long at = rows.load(part, i, quarter, 4);
            for (long k = 0; k < many; k += atOnce) {
              kernels.dotBlock(at, stride, side + 8 * k * n, n, tile);
              int count = (int) Math.min(atOnce, many - k);
              spread(tile, atOnce, count, y.address(k) + 8 * i, yNext, 8 * quarter);
            }
            for (long k = 0; k < few; k++) {
              kernels.dots(at, stride, xFew + k * xNext, n, yFew + k * yNext + 8 * i, 8 * quarter);
            }
          }
          for (long i = low + 4 * quarter; i < high; i++) {
            long at = rows.load(part, i, 1, 1);
            for (long k = 0; k < x.rows(); k++) {
              RawMemory.set(y.address(k) + 8 * i, kernels.dot(at, x.address(k), n));
            }
          }
        });
  }

  /**
   * The first vectors of x, as many beside each other as the kernel takes, block after block; zeros
   * stand in for those that the last block lacks.
   */
  private long besideEachOther(CpuBuffer x, long count) {
    int n = (int) x.columns();
    int atOnce = kernels.vectorsAtOnce();
    long blocks = Math.ceilDiv(count, (long) atOnce);
    long to = parallel.scratch(0, Parallel.RIGHT, blocks * atOnce * n).address();
    for (long k = 0; k < count; k += atOnce) {
      long block = to + 8 * k * n;
      int vectors = (int) Math.min(atOnce, count - k);
      if (vectors < atOnce) {
        RawMemory.clear(block, 8L * atOnce * n);
      }
      RawMemory.transpose(x.address(k), x.stride(), vectors, n, block, 8L * atOnce);
    }
    return to;
  }

  /** y[k][r] = block[r][k] for r &lt; 4 and k &lt; count. */
  private static void spread(long block, int width, int count, long y, long kStride, long rStride) {
    for (int r = 0; r < 4; r++) {
      for (int k = 0; k < count; k++) {
        RawMemory.set(y + k * kStride + r * rStride, RawMemory.get(block + 8L * (r * width + k)));
      }
    }
  }
}
