package io.github.relumax.cpu;

import io.github.relumax.backend.SoftmaxSums;

/**
 * Softmax over the long side, in blocks that stay in the first cache from one loop to the next: two
 * passes for a loss, f = e^(z - max z) / Σ and then what is summed over f, and a third for gz. A
 * block subtracts its own maximum at first. Sums over blocks are added in their order. That the
 * kernels get short pieces also has the JIT compile them sooner: it counts calls, and finds a loop
 * that is compiled before its method only now and then.
 */
final class Softmax {
  /** Entries of a block; those of the few vectors that are at work fit into the first cache. */
  private static final int BLOCK = 1024;

  /** Blocks that are worth a thread. */
  private static final int GRAIN = 16;

  // Numbers of a block: of its logits, then sums over it.
  private static final int MAX = 0;
  private static final int MIN = 1;
  private static final int EXPONENTIALS = 2;
  private static final int SQUARES = 3;
  private static final int FC = 4;
  private static final int FF = 5;
  private static final int FC_SQUARES = 6;
  private static final int REGULARIZATION = 7;
  private static final int NUMBERS = 8;

  private final Kernels kernels;
  private final Parallel parallel;
  private double[] numbers = {};

  Softmax(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** Entries [low, low + count). */
  @FunctionalInterface
  private interface BlockJob {
    /**
     * @param at bytes from the first entry of a vector to that of the block
     * @param block where the numbers of the block begin
     */
    void run(int part, long at, int count, int block);
  }

  private void blocks(int m, BlockJob job) {
    parallel.each(
        0,
        Math.ceilDiv(m, BLOCK),
        GRAIN,
        (part, block) -> {
          int low = block * BLOCK;
          job.run(part, 8L * low, Math.min(BLOCK, m - low), NUMBERS * block);
        });
  }

  /** {@link io.github.relumax.backend.Backend#softmax}. */
  SoftmaxSums evaluate(int m, CpuBuffer z, CpuBuffer b, CpuBuffer w2, CpuBuffer f, CpuBuffer gz) {
    exponentials(m, z, f);
    double max = max(m);
    double scale = scale(m, max);
    blocks(
        m,
        (part, at, count, block) -> {
          double[] sums = parallel.numbers(part);
          double own = scale * Math.exp(numbers[block + MAX] - max);
          kernels.residual(f.address() + at, own, b.address() + at, gz.address() + at, count, sums);
          System.arraycopy(sums, 0, numbers, block + SQUARES, 4);
          numbers[block + REGULARIZATION] = regularization(w2, z, at, count);
        });
    double fc = sum(m, FC);
    blocks(
        m,
        (_, at, count, _) -> {
          kernels.addRow(-fc, f.address() + at, gz.address() + at, count);
          if (w2 != null) {
            for (long i = at; i < at + 8L * count; i += 8) {
              double g = RawMemory.get(w2.address() + i) * RawMemory.get(z.address() + i);
              RawMemory.set(gz.address() + i, RawMemory.get(gz.address() + i) + g);
            }
          }
        });
    return new SoftmaxSums(
        0.5 * sum(m, SQUARES),
        0.5 * sum(m, REGULARIZATION),
        fc,
        sum(m, FF),
        Math.sqrt(sum(m, FC_SQUARES)),
        Math.max(Math.abs(max), Math.abs(min(m))));
  }

  /**
   * 1/2 ‖softmax(z) - b‖²; the regularisation is then {@link #regularization(int)}.
   *
   * @param e scratch for m numbers
   */
  double loss(int m, CpuBuffer z, CpuBuffer b, CpuBuffer w2, CpuBuffer e) {
    exponentials(m, z, e);
    double max = max(m);
    double scale = scale(m, max);
    blocks(
        m,
        (_, at, count, block) -> {
          double own = scale * Math.exp(numbers[block + MAX] - max);
          numbers[block + SQUARES] =
              kernels.squaredError(e.address() + at, own, b.address() + at, count);
          numbers[block + REGULARIZATION] = regularization(w2, z, at, count);
        });
    return 0.5 * sum(m, SQUARES);
  }

  /** 1/2 ‖W z‖² of the logits that were last given. */
  double regularization(int m) {
    return 0.5 * sum(m, REGULARIZATION);
  }

  private double regularization(CpuBuffer w2, CpuBuffer z, long at, int count) {
    return w2 == null ? 0 : kernels.weightedSquares(w2.address() + at, z.address() + at, count);
  }

  /** f = e^(z - the maximum of the block). */
  private void exponentials(int m, CpuBuffer z, CpuBuffer f) {
    if (numbers.length < length(m)) {
      numbers = new double[length(m)];
    }
    blocks(
        m,
        (part, at, count, block) -> {
          double[] range = parallel.numbers(part);
          kernels.range(z.address() + at, count, range);
          numbers[block + MAX] = range[0];
          numbers[block + MIN] = range[1];
          numbers[block + EXPONENTIALS] =
              kernels.exp(z.address() + at, range[0], f.address() + at, count);
        });
  }

  /** 1 / Σ e^(z - max z), NaN if an entry of z is not finite. */
  private double scale(int m, double max) {
    double sum = 0;
    for (int block = 0; block < length(m); block += NUMBERS) {
      sum += numbers[block + EXPONENTIALS] * Math.exp(numbers[block + MAX] - max);
    }
    return Double.isFinite(max) && Double.isFinite(min(m)) ? 1 / sum : Double.NaN;
  }

  private double max(int m) {
    double max = Double.NEGATIVE_INFINITY;
    for (int block = 0; block < length(m); block += NUMBERS) {
      max = Math.max(max, numbers[block + MAX]);
    }
    return max;
  }

  private double min(int m) {
    double min = Double.POSITIVE_INFINITY;
    for (int block = 0; block < length(m); block += NUMBERS) {
      min = Math.min(min, numbers[block + MIN]);
    }
    return min;
  }

  private double sum(int m, int number) {
    double sum = 0;
    for (int block = 0; block < length(m); block += NUMBERS) {
      sum += numbers[block + number];
    }
    return sum;
  }

  private static int length(int m) {
    return NUMBERS * Math.ceilDiv(m, BLOCK);
  }
}
