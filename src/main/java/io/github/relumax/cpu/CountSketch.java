package io.github.relumax.cpu;

import io.github.relumax.random.SketchHash;
import java.util.Arrays;

/**
 * One CountSketch, out[h(i),:] = Σ s(i) √|a_i| (c_i - center). Every bucket adds its rows in their
 * order, four at a time, so the bits do not depend on how buckets are split over threads.
 */
final class CountSketch {
  /** Multiplications that are worth a thread. */
  private static final long GRAIN = 16_384;

  /**
   * Rows from which all buckets gather before any goes on, so that a mapped file is read not far
   * from its order; a power of two, as K is, so that such a window begins with a word of signs.
   */
  private static final long WINDOW = 16_384;

  /** Chunks of a window at least, so that buckets are read and written less than rows are read. */
  private static final long LEAST_CHUNKS = 8;

  private final Kernels kernels;
  private final Parallel parallel;
  private final SketchHash hash;
  private final CpuBuffer c;
  private final CpuBuffer center;
  private final CpuBuffer a;
  private final CpuBuffer out;
  private final RowBlocks rows;

  /** The window: its first row, and the order of its chunks and the signs of its rows. */
  private long first;

  private final SketchHash.Turn[] turns;
  private final long[] signs;

  /**
   * @param center null for 0
   * @param a null for 1
   */
  CountSketch(
      Kernels kernels,
      Parallel parallel,
      SketchHash hash,
      CpuBuffer c,
      CpuBuffer center,
      CpuBuffer a,
      CpuBuffer out) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.hash = hash;
    this.c = c;
    this.center = center;
    this.a = a;
    this.out = out;
    rows = new RowBlocks(kernels, parallel, c);
    long together = Math.max(LEAST_CHUNKS, WINDOW / out.rows());
    turns = new SketchHash.Turn[(int) Math.min(chunks(), together)];
    signs = new long[(int) Math.ceilDiv(Math.min(c.rows(), turns.length * out.rows()), 64)];
  }

  /** Chunks of K rows, the last of which may be shorter. */
  private long chunks() {
    return Math.ceilDiv(c.rows(), out.rows());
  }

  void run() {
    int d = (int) c.columns();
    long zeros = parallel.scratch(0, Parallel.RESULT, d).address();
    RawMemory.clear(zeros, 8L * d);
    out.segment().fill((byte) 0);
    for (long chunk = 0; chunk < chunks(); chunk += turns.length) {
      int count = (int) Math.min(turns.length, chunks() - chunk);
      enter(chunk, count);
      parallel.run(
          out.rows(),
          GRAIN / ((long) count * d),
          (part, low, high) -> {
            long mean = center == null ? zeros : center.address();
            for (long bucket = low; bucket < high; bucket++) {
              gather(part, bucket, count, mean);
            }
          });
    }
  }

  private void enter(long chunk, int count) {
    first = chunk * out.rows();
    for (int t = 0; t < count; t++) {
      turns[t] = hash.turn(chunk + t);
    }
    long end = Math.min(c.rows(), first + count * out.rows());
    for (int word = 0; first + 64L * word < end; word++) {
      signs[word] = hash.signs(first / 64 + word);
    }
  }

  /** Adds the rows that the first chunks of the window give to a bucket. */
  private void gather(int part, long bucket, int count, long mean) {
    long[] four = new long[4];
    double[] weights = new double[4];
    int held = 0;
    for (int t = 0; t < count; t++) {
      long i = turns[t].row(bucket);
      double weight = i < c.rows() ? weight(i) : 0;
      if (weight != 0) {
        four[held] = rows.loadAs(part, held, i);
        weights[held] = weight;
        held++;
      }
      if (held == 4 || held > 0 && t == count - 1) {
        // Where they are fewer, the first again, with no weight.
        Arrays.fill(four, held, 4, four[0]);
        Arrays.fill(weights, held, 4, 0);
        kernels.addCentered(weights, four, mean, out.address(bucket), (int) c.columns());
        held = 0;
      }
    }
  }

  /** s(i) √|a_i|. */
  private double weight(long i) {
    double scale = a == null ? 1 : Math.sqrt(Math.abs(RawMemory.get(a.address() + 8 * i)));
    boolean negative = (signs[(int) ((i - first) / 64)] >>> i & 1) != 0;
    return negative ? -scale : scale;
  }
}
