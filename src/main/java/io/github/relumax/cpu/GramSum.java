package io.github.relumax.cpu;

/**
 * One thread's share of Σ_i a_i (c_i - center)(c_i - center)ᵀ, lower triangle. Rows are scaled by
 * √|a_i| as they are packed, so that one packed copy serves as both operands of the product; those
 * with a_i &gt; 0 and those with a_i &lt; 0 are gathered apart, the former are added, the latter
 * subtracted.
 */
final class GramSum {
  /** Rows that one product takes. */
  static final int DEPTH = 384;

  /** Rows that wait for their product. */
  private static final class Batch {
    final double sign;
    final long[] rows = new long[DEPTH];
    final double[] scales = new double[DEPTH];
    int count;

    Batch(double sign) {
      this.sign = sign;
    }
  }

  private final Kernels kernels;
  private final int d;
  private final long center;
  private final long sum;
  private final long stride;
  private final long packed;
  private final long tile;
  private final Batch positive = new Batch(1);
  private final Batch negative = new Batch(-1);

  GramSum(Kernels kernels, Parallel parallel, int part, int d, long center) {
    this.kernels = kernels;
    this.d = d;
    this.center = center;
    long entries = Panels.size(kernels, d, 1);
    stride = 8 * entries;
    sum = parallel.scratch(part, Parallel.RESULT, d * entries).address();
    packed = parallel.scratch(part, Parallel.RIGHT, DEPTH * entries).address();
    tile = parallel.tile(part);
    RawMemory.clear(sum, d * stride);
  }

  /** Where row i of the sum lies; complete once flushed. */
  long row(long i) {
    return sum + i * stride;
  }

  /** Adds a (c - center)(c - center)ᵀ, now or later, for the row c at an address. */
  void add(long c, double a) {
    if (a == 0) {
      return;
    }
    Batch batch = a < 0 ? negative : positive;
    batch.rows[batch.count] = c;
    batch.scales[batch.count] = Math.sqrt(Math.abs(a));
    batch.count++;
    if (batch.count == DEPTH) {
      flush(batch);
    }
  }

  void flush() {
    flush(positive);
    flush(negative);
  }

  private void flush(Batch batch) {
    int depth = batch.count;
    if (depth == 0) {
      return;
    }
    batch.count = 0;
    Panels panels = new Panels(kernels, packed, depth);
    for (int k = 0; k < depth; k++) {
      panels.packCentered(k, batch.rows[k], batch.scales[k], center, d);
    }
    int count = Panels.count(kernels, d);
    for (int low = 0; low < count; low += Panels.BLOCK) {
      int high = Math.min(low + Panels.BLOCK, count);
      panels.addLowerProduct(low, high, 0, depth, 0, d, batch.sign, false, tile, sum, stride, d);
    }
  }
}
