package io.github.relumax.cpu;

/**
 * The lower triangle of Σ_i a_i (c_i - center)(c_i - center)ᵀ over rows that are handed in one by
 * one. Rows are scaled by √|a_i| as they are packed, so that one packed copy serves as both
 * operands of the product; those with a_i &gt; 0 and those with a_i &lt; 0 are gathered apart, the
 * former are added, the latter subtracted.
 */
final class GramSum {
  /** Rows that wait for their product. */
  private static final class Batch {
    final double sign;
    final long[] rows;
    final double[] scales;
    int count;

    Batch(double sign, int depth) {
      this.sign = sign;
      rows = new long[depth];
      scales = new double[depth];
    }
  }

  private final Kernels kernels;
  private final Parallel parallel;
  private final Parallel.Items items;
  private final int d;
  private final int depth;
  private final long center;
  private final long sum;
  private final long stride;
  private final long packed;
  private final Batch positive;
  private final Batch negative;

  /**
   * @param part whose scratch memory holds the sum
   * @param items who works on the panels of a product
   * @param depth rows that one product takes
   */
  GramSum(
      Kernels kernels,
      Parallel parallel,
      int part,
      Parallel.Items items,
      int d,
      long center,
      int depth) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.items = items;
    this.d = d;
    this.depth = depth;
    this.center = center;
    long entries = Panels.size(kernels, d, 1);
    stride = 8 * entries;
    sum = parallel.scratch(part, Parallel.RESULT, d * entries).address();
    packed = parallel.scratch(part, Parallel.RIGHT, depth * entries).address();
    positive = new Batch(1, depth);
    negative = new Batch(-1, depth);
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
    if (batch.count == depth) {
      flush(batch);
    }
  }

  void flush() {
    flush(positive);
    flush(negative);
  }

  private void flush(Batch batch) {
    if (batch.count == 0) {
      return;
    }
    int count = batch.count;
    batch.count = 0;
    int width = Panels.width(kernels);
    int number = Panels.count(kernels, d);
    Panels panels = new Panels(kernels, packed, count);
    items.each(
        number,
        (_, panel) -> {
          int j = panel * width;
          kernels.packCentered(
              count,
              batch.rows,
              batch.scales,
              8L * j,
              Math.min(width, d - j),
              center + 8L * j,
              panels.at(0, j),
              width);
        });
    items.each(
        number,
        (part, panel) ->
            panels.addLowerProduct(
                panel, 0, count, 0, d, batch.sign, parallel.tile(part), sum, stride, d));
  }
}
