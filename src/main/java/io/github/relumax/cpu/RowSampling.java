package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F64;

import io.github.relumax.random.Philox;
import io.github.relumax.random.SketchHash;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Random numbers, a sketch of the rows of C, their scores, and samples of them. */
final class RowSampling {
  /** Entries that are worked on in an array of a part's own. */
  private static final int BLOCK = 512;

  private final Kernels kernels;
  private final Parallel parallel;

  /** A bit for every row: whether it is drawn. */
  private long[] drawn = new long[0];

  RowSampling(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
  }

  /** Memory that is held, beside the scratch of the parts. */
  long scratchBytes() {
    return 8L * drawn.length;
  }

  /** out[k] = normal(stream, first + k). */
  void normals(Philox philox, int stream, long first, CpuBuffer out) {
    parallel.run(
        out.rows() * out.columns(),
        Parallel.GRAIN / 16,
        (_, low, high) -> {
          double[] block = new double[BLOCK];
          for (long k = low; k < high; k += BLOCK) {
            int count = (int) Math.min(BLOCK, high - k);
            philox.normals(stream, first + k, block, count);
            MemorySegment.copy(block, 0, out.segment(), F64, 8 * k, count);
          }
        });
  }

  /** out[h(i),:] = Σ s(i) √|a_i| (c_i - center). */
  void countSketch(SketchHash hash, CpuBuffer c, CpuBuffer center, CpuBuffer a, CpuBuffer out) {
    new CountSketch(kernels, parallel, hash, c, center, a, out).run();
  }

  /**
   * scores_i = keep scores_i + max(a_i, 0) Σ_k (y[k,i] - shift_k)².
   *
   * @return Σ_i scores_i
   */
  double rowScores(CpuBuffer y, CpuBuffer shift, CpuBuffer a, boolean keep, CpuBuffer scores) {
    parallel.run(
        y.columns(),
        Math.max(BLOCK, Parallel.GRAIN / y.rows()),
        (part, low, high) -> {
          double[] sums = new double[BLOCK];
          for (long i = low; i < high; i += BLOCK) {
            int count = (int) Math.min(BLOCK, high - i);
            Arrays.fill(sums, 0);
            for (int k = 0; k < y.rows(); k++) {
              addSquares(
                  y.address(k) + 8 * i, RawMemory.get(shift.address() + 8L * k), sums, count);
            }
            long weights = a == null ? 0 : a.address() + 8 * i;
            parallel.add(part, 0, store(sums, count, weights, keep, scores.address() + 8 * i));
          }
        });
    return parallel.sum(0);
  }

  /** sums_i += (y_i - shift)². */
  private static void addSquares(long y, double shift, double[] sums, int count) {
    for (int i = 0; i < count; i++) {
      double v = RawMemory.get(y + 8L * i) - shift;
      sums[i] += v * v;
    }
  }

  /** scores_i = keep scores_i + max(a_i, 0) sums_i; returns their sum. */
  private static double store(double[] sums, int count, long a, boolean keep, long scores) {
    double total = 0;
    for (int i = 0; i < count; i++) {
      double score = a == 0 ? sums[i] : Math.max(RawMemory.get(a + 8L * i), 0) * sums[i];
      score = keep ? RawMemory.get(scores + 8L * i) + score : score;
      RawMemory.set(scores + 8L * i, score);
      total += score;
    }
    return total;
  }

  /** The rows with uniform(stream, i) &lt; p_i. */
  void sampleRows(
      Philox philox, int stream, CpuBuffer scores, double total, double size, CpuUnits out) {
    int m = Math.toIntExact(scores.rows() * scores.columns());
    int words = Math.ceilDiv(m, 64);
    if (drawn.length < words) {
      drawn = new long[words];
    }
    parallel.run(
        words,
        Parallel.GRAIN / 256,
        (_, low, high) -> {
          double[] uniforms = new double[64];
          for (int word = (int) low; word < high; word++) {
            long first = 64L * word;
            int count = (int) Math.min(64, m - first);
            philox.uniforms(stream, first, uniforms, count);
            long bits = 0;
            for (int i = 0; i < count; i++) {
              double score = RawMemory.get(scores.address() + 8 * (first + i));
              if (uniforms[i] < probability(score, total, size)) {
                bits |= 1L << i;
              }
            }
            drawn[word] = bits;
          }
        });
    out.clear(m);
    int count = 0;
    for (int word = 0; word < words; word++) {
      count += Long.bitCount(drawn[word]);
    }
    out.requireRoom(count);
    for (int word = 0; word < words; word++) {
      for (long bits = drawn[word]; bits != 0; bits &= bits - 1) {
        out.add(64 * word + Long.numberOfTrailingZeros(bits), 1);
      }
    }
  }

  /** min(1, size score / total), in this order, as the CUDA kernels have it; NaN stays. */
  private static double probability(double score, double total, double size) {
    return Math.min(1, size * score / total);
  }

  /** out_j = a_i / p_i. */
  void sampleWeights(
      CpuUnits rows,
      int first,
      CpuBuffer scores,
      double total,
      double size,
      CpuBuffer a,
      CpuBuffer out) {
    MemorySegment from = scores.segment();
    MemorySegment weights = a.segment();
    MemorySegment to = out.segment();
    long count = out.rows() * out.columns();
    for (int j = 0; j < count; j++) {
      long at = 8L * rows.index[first + j];
      double p = probability(from.get(F64, at), total, size);
      to.set(F64, 8L * j, weights.get(F64, at) / p);
    }
  }

  /** out[j,:] = a[i,:]. */
  void gatherRows(CpuBuffer a, CpuUnits rows, int first, CpuBuffer out) {
    RowBlocks from = new RowBlocks(kernels, parallel, a);
    parallel.run(
        out.rows(),
        Math.max(4, Parallel.GRAIN / from.columns()),
        (_, low, high) -> {
          for (int j = (int) low; j < high; j++) {
            from.write(rows.index[first + j], out.address(j));
          }
        });
  }
}
