package io.github.relumax.cuda;

import static io.github.relumax.cuda.DeviceBuffer.address;
import static io.github.relumax.cuda.DeviceBuffer.optional;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.cuda.Workspaces.Use;

/** Random numbers, a sketch of the rows of C, their scores, and samples of them, by kernels. */
final class RowSampling {
  /** Columns of one block of the sketch. */
  private static final long SKETCH_COLUMNS = 64;

  private final Kernels kernels;
  private final DeviceSums sums;
  private final DeviceLists lists;

  RowSampling(Kernels kernels, DeviceSums sums, DeviceLists lists) {
    this.kernels = kernels;
    this.sums = sums;
    this.lists = lists;
  }

  /** out[k] = normal(stream, first + k). */
  void normals(long seed, int stream, long first, Buffer out) {
    long n = Shapes.size(out);
    kernels.along("normals", n, seed, stream, first, n, address(out));
  }

  /** out[h(i),:] = Σ s(i) √|a_i| (c_i - center). */
  void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out) {
    kernels.launch(
        Kernels.typed("countSketch", c),
        Math.ceilDiv(c.columns(), SKETCH_COLUMNS),
        Math.min(out.rows(), Grids.MOST_ROWS),
        seed,
        stream,
        address(c),
        c.rows(),
        c.columns(),
        optional(center),
        optional(a),
        out.rows(),
        address(out));
  }

  /**
   * scores_i = keep scores_i + max(a_i, 0) Σ_k (y[k,i] - shift_k)².
   *
   * @param total device address for Σ_i scores_i
   */
  void rowScores(Buffer y, Buffer shift, Buffer a, boolean keep, Buffer scores, long total) {
    long m = y.columns();
    kernels.along(
        "rowScores",
        m,
        address(y),
        m,
        Math.toIntExact(y.rows()),
        address(shift),
        optional(a),
        keep ? 1 : 0,
        address(scores),
        sums.partials());
    sums.add(Grids.along(m), 1, total);
  }

  /** The rows with uniform(stream, i) &lt; p_i; waits for how many they are. */
  void sampleRows(
      long seed, int stream, Buffer scores, double total, double size, DeviceUnits out) {
    long m = Shapes.size(scores);
    long words = lists.bits(Use.ROW_BITS, m);
    kernels.along(
        "sampleRows",
        m,
        seed,
        stream,
        address(scores),
        total,
        size,
        m,
        words,
        DeviceLists.counts(words, m));
    lists.fill(out, m, words, 0);
  }

  /** out_j = a_i / p_i. */
  void sampleWeights(
      DeviceUnits rows,
      long first,
      Buffer scores,
      double total,
      double size,
      Buffer a,
      Buffer out) {
    long count = Shapes.size(out);
    kernels.along(
        "sampleWeights",
        count,
        rows.index() + 8 * first,
        count,
        address(scores),
        total,
        size,
        address(a),
        address(out));
  }

  /** out[j,:] = a[i,:]. */
  void gatherRows(Buffer a, DeviceUnits rows, long first, Buffer out) {
    kernels.launchRow(
        Kernels.typed("gatherRows", a),
        Grids.warps(out.rows()),
        address(a),
        a.columns(),
        rows.index() + 8 * first,
        0,
        out.rows(),
        address(out));
  }
}
