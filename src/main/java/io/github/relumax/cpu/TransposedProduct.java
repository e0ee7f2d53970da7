package io.github.relumax.cpu;

/**
 * Y = V A for one or several rows of V: A is read once for all of them, four rows at a time, and
 * each thread adds to a sum of its own. Few rows of V are taken one by one; many are first copied
 * side by side, as their sums are, so that an entry of A meets as many as fill the registers.
 */
final class TransposedProduct {
  /** Rows of V up to which copying them takes longer than it saves. */
  private static final int FEW_VECTORS = 8;

  /** Rows of V that are taken together; for more A is read again. */
  private static final int MOST_VECTORS = 32;

  private final Kernels kernels;
  private final Parallel parallel;

  TransposedProduct(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** Scratch memory that a product of so many vectors takes for a matrix with so many columns. */
  static double bytes(Kernels kernels, int threads, double columns, double vectors) {
    if (vectors <= FEW_VECTORS) {
      return 8.0 * threads * vectors * columns;
    }
    double blocks = Math.ceil(Math.min(MOST_VECTORS, vectors) / kernels.vectorsAtOnce());
    return 8.0 * (threads + 1) * blocks * kernels.vectorsAtOnce() * columns;
  }

  /** Vectors that are taken at once: no more than sums of an int of numbers hold. */
  private int together(long columns) {
    int atOnce = kernels.vectorsAtOnce();
    long most = Math.clamp(Integer.MAX_VALUE / columns, 1, MOST_VECTORS);
    return (int) (most < atOnce ? Math.min(most, FEW_VECTORS) : most / atOnce * atOnce);
  }

  /** Row k of y = aᵀ times row k of v. a: r x c, v: k x r, y: k x c. */
  void multiply(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int together = together(a.columns());
    if (y.rows() <= Math.min(FEW_VECTORS, together)) {
      multiplyFew(a, v, y);
      return;
    }
    for (long first = 0; first < v.rows(); first += together) {
      long count = Math.min(together, v.rows() - first);
      CpuBuffer from = (CpuBuffer) v.rows(first, count);
      CpuBuffer to = (CpuBuffer) y.rows(first, count);
      if (count <= FEW_VECTORS) {
        multiplyFew(a, from, to);
      } else {
        multiplyMany(a, from, to);
      }
    }
  }

  /** The four rows of A come from a quarter of the part each: memory serves four long streams. */
  private void multiplyFew(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int n = (int) a.columns();
    int vectors = (int) y.rows();
    RowBlocks rows = new RowBlocks(kernels, parallel, a);
    PartialRows sums = new PartialRows(kernels, parallel, vectors * n);
    // A single vector may be a column; more are rows.
    long v0 = v.address();
    long next = v.stride();
    int parts =
        parallel.run(
            a.rows(),
            Parallel.grain(n),
            (part, low, high) -> {
              long sum = sums.clear(part);
              long quarter = (high - low) / 4;
              long stride = rows.stride(quarter);
              for (long i = low; i < low + quarter; i++) {
                long from = rows.load(part, i, quarter, 4);
                for (int k = 0; k < vectors; k++) {
                  long weights = v0 + k * next + 8 * i;
                  kernels.addRows(weights, 8 * quarter, from, stride, sum + 8L * k * n, n);
                }
              }
              for (long i = low + 4 * quarter; i < high; i++) {
                long from = rows.load(part, i, 1, 1);
                for (int k = 0; k < vectors; k++) {
                  double weight = RawMemory.get(v0 + k * next + 8 * i);
                  kernels.addRow(weight, from, sum + 8L * k * n, n);
                }
              }
            });
    sums.addUp(parts, y);
  }

  /** The same with the sums of several vectors side by side, block after block of vectors. */
  private void multiplyMany(CpuBuffer a, CpuBuffer v, CpuBuffer y) {
    int n = (int) a.columns();
    int vectors = (int) v.rows();
    int atOnce = kernels.vectorsAtOnce();
    int padded = Math.ceilDiv(vectors, atOnce) * atOnce;
    RowBlocks rows = new RowBlocks(kernels, parallel, a);
    PartialRows sums = new PartialRows(kernels, parallel, padded * n);
    int parts =
        parallel.run(
            a.rows(),
            Parallel.grain(n),
            (part, low, high) -> {
              long sum = sums.clear(part);
              long weights = parallel.tile(part);
              long quarter = (high - low) / 4;
              long stride = rows.stride(quarter);
              for (long i = low; i < low + quarter; i++) {
                long from = rows.load(part, i, quarter, 4);
                for (int k = 0; k < vectors; k += atOnce) {
                  besideEachOther(v, k, i, quarter, 4, weights);
                  kernels.addBlock(weights, from, stride, sum + 8L * k * n, n);
                }
              }
              for (long i = low + 4 * quarter; i < high; i++) {
                long from = rows.load(part, i, 1, 1);
                for (int k = 0; k < vectors; k += atOnce) {
                  besideEachOther(v, k, i, 0, 1, weights);
                  kernels.addBlock(weights, from, 0, sum + 8L * k * n, n);
                }
              }
            });
    CpuBuffer total = parallel.scratch(0, Parallel.RIGHT, (long) padded * n);
    sums.addUp(parts, total);
    for (int k = 0; k < vectors; k += atOnce) {
      long block = total.address() + 8L * k * n;
      int count = Math.min(atOnce, vectors - k);
      RawMemory.transpose(block, 8L * atOnce, n, count, y.address(k), y.stride());
    }
  }

  /**
   * Entries i, i + apart, ..., {@code count} of them, of the vectors from k on; zeros for vectors
   * that the last block lacks, and for the rest of four entries.
   */
  private void besideEachOther(CpuBuffer v, int k, long i, long apart, int count, long weights) {
    int atOnce = kernels.vectorsAtOnce();
    int vectors = (int) Math.min(atOnce, v.rows() - k);
    if (count < 4 || vectors < atOnce) {
      RawMemory.clear(weights, 32L * atOnce);
    }
    for (int q = 0; q < vectors; q++) {
      long from = v.address(k + q) + 8 * i;
      for (int r = 0; r < count; r++) {
        RawMemory.set(weights + 8L * r * atOnce + 8L * q, RawMemory.get(from + 8L * r * apart));
      }
    }
  }
}
