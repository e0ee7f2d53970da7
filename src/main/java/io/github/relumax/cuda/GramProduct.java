package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;

import io.github.relumax.backend.Buffer;
import io.github.relumax.cuda.Workspaces.Use;

/**
 * h = keep h + Σ_i a_i (c_i - center)(c_i - center)ᵀ by Dsyrk, which knows no weights: rows √|a_i|
 * (c_i - center) are written to a workspace, a block at a time, those with a_i &gt; 0 first and
 * added, then those with a_i &lt; 0, which are subtracted.
 */
final class GramProduct {
  private final CudaContext gpu;
  private final Kernels kernels;
  private final Workspaces workspaces;
  private final DeviceLists lists;
  private final long blockEntries;
  private final long results;

  /**
   * @param blockEntries entries of weighted rows, about
   * @param results device address for a number
   */
  GramProduct(
      CudaContext gpu,
      Kernels kernels,
      Workspaces workspaces,
      DeviceLists lists,
      long blockEntries,
      long results) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.workspaces = workspaces;
    this.lists = lists;
    this.blockEntries = blockEntries;
    this.results = results;
  }

  /** Float64 numbers of workspace for an r x d matrix. */
  double workspace(long rows, long d) {
    return 1.1 * rows + (double) Math.min(rows, blockRows(d)) * d;
  }

  /** {@link io.github.relumax.backend.Backend#reserveGram}. */
  void reserve(long rows, long columns) {
    lists.bits(Use.ROW_BITS, rows);
    rowList(rows);
    weightedRows(rows, columns);
  }

  /**
   * {@link io.github.relumax.backend.Backend#gram}.
   *
   * @param keep whether h is added to, else replaced
   */
  void add(Buffer c, Buffer center, Buffer a, boolean keep, Buffer h) {
    long n = size(a);
    long above = lists.bits(Use.ROW_BITS, n);
    long below = above + DeviceLists.wordBytes(n);
    long aboveCounts = DeviceLists.counts(above, n);
    long belowCounts = aboveCounts + 8 * Grids.MOST_BLOCKS;
    long list = rowList(n);
    kernels.along("markSigns", n, address(a), n, above, below, aboveCounts, belowCounts);
    int added = lists.fill(list, n, above, aboveCounts, results);
    long rest = list + 8L * added;
    int subtracted = added == n ? 0 : lists.fill(rest, n, below, belowCounts, results);
    addSquares(c, center, a, list, added, false, keep, h);
    addSquares(c, center, a, rest, subtracted, true, keep || added > 0, h);
    if (keep || added > 0 || subtracted > 0) {
      long side = Math.ceilDiv(h.rows(), 32L);
      kernels.launch("mirror", side, side, address(h), h.rows());
    } else {
      gpu.clear(address(h), 8 * size(h));
    }
  }

  /** h = keep h ± Σ |a_i| (c_i - center)(c_i - center)ᵀ over listed rows, one triangle. */
  private void addSquares(
      Buffer c,
      Buffer center,
      Buffer a,
      long list,
      int count,
      boolean subtract,
      boolean keep,
      Buffer h) {
    int d = Math.toIntExact(c.columns());
    int together = (int) Math.min(c.rows(), blockRows(d));
    long weighted = weightedRows(c.rows(), d);
    for (int done = 0; done < count; done += together) {
      int rows = Math.min(together, count - done);
      kernels.launchRow(
          "scaledRows",
          Grids.warps(rows),
          address(c),
          c.columns(),
          address(center),
          address(a),
          list + 8L * done,
          rows,
          weighted);
      gpu.blas().addSquare(d, rows, subtract, weighted, keep || done > 0, address(h));
    }
  }

  private long rowList(long rows) {
    return workspaces.address(Use.ROW_LIST, 8 * rows);
  }

  private long weightedRows(long rows, long columns) {
    return workspaces.address(Use.WEIGHTED_ROWS, 8 * Math.min(rows, blockRows(columns)) * columns);
  }

  /** Rows that are weighted and multiplied together. */
  private long blockRows(long d) {
    return Math.max(1, blockEntries / d);
  }
}
