package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;

import io.github.relumax.backend.Buffer;
import io.github.relumax.cuda.Workspaces.Use;

/**
 * Products with the columns of A2 that a list of units names: sums of these columns, and C += Σ s
 * a2[:,u] a1[u,:], by a kernel that adds few units in one pass over C, and by Dgemm of gathered
 * columns and rows for many.
 */
final class UnitProducts {
  /** C is updated by up to this many units in one pass over it. */
  private static final int FEW_UNITS = 8;

  private final CudaContext gpu;
  private final Kernels kernels;
  private final Workspaces workspaces;
  private final int unitsTogether;
  private final long blockEntries;

  /**
   * @param unitsTogether units whose columns are gathered for one product
   * @param blockEntries entries of gathered columns, about
   */
  UnitProducts(
      CudaContext gpu,
      Kernels kernels,
      Workspaces workspaces,
      int unitsTogether,
      long blockEntries) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.workspaces = workspaces;
    this.unitsTogether = unitsTogether;
    this.blockEntries = blockEntries;
  }

  /** Float64 numbers of workspace for an m x n x d problem. */
  double workspace(long m, long n, long d) {
    double together = Math.min(n, unitsTogether);
    return together * d + (double) blockRows(m, (long) together) * together;
  }

  /**
   * {@link io.github.relumax.backend.Backend#addColumns}.
   *
   * @param keep whether y is added to, else replaced
   */
  void addColumns(Buffer a, DeviceUnits units, Buffer x, boolean keep, Buffer y) {
    if (!keep) {
      gpu.clear(address(y), 8 * size(y));
    }
    if (units.count() == 0) {
      return;
    }
    int lanes = (int) Math.min(32, Grids.atMost(units.count()));
    for (long first = 0; first < x.rows(); first += MatrixVectorProducts.VECTORS) {
      kernels.launchRow(
          Kernels.typed("addColumns", a),
          Grids.groups(a.rows(), lanes),
          address(a),
          a.rows(),
          a.columns(),
          units.index(),
          units.count(),
          lanes,
          address(x, first),
          (int) Math.min(MatrixVectorProducts.VECTORS, x.rows() - first),
          address(y, first),
          a.rows());
    }
  }

  /**
   * {@link io.github.relumax.backend.Backend#accumulate}.
   *
   * @param keep whether c is added to, else replaced
   */
  void accumulate(Buffer a2, DeviceUnits units, Buffer a1, boolean keep, Buffer c) {
    if (units.count() == 0) {
      if (!keep) {
        gpu.clear(address(c), 8 * size(c));
      }
    } else if (units.count() <= FEW_UNITS) {
      accumulateFew(a2, units, a1, keep, c);
    } else {
      accumulateMany(a2, units, a1, keep, c);
    }
  }

  private void accumulateFew(Buffer a2, DeviceUnits units, Buffer a1, boolean keep, Buffer c) {
    long d = a1.columns();
    long rows = signedRows(a1, units, 0, units.count());
    int lanes = Grids.tileLanes(d, 8);
    long slab = Math.max(64, Math.ceilDiv(a2.rows(), 4096L));
    kernels.launch(
        Kernels.typed("accumulate", a2),
        Math.ceilDiv(d, 2L * lanes),
        Math.ceilDiv(a2.rows(), slab),
        address(a2),
        a2.rows(),
        a2.columns(),
        units.index(),
        units.count(),
        rows,
        d,
        lanes,
        slab,
        keep ? 1 : 0,
        address(c));
  }

  /** Gathered columns of A2 times gathered rows of A1, both with no gaps, by cuBLAS. */
  private void accumulateMany(Buffer a2, DeviceUnits units, Buffer a1, boolean keep, Buffer c) {
    int d = Math.toIntExact(a1.columns());
    long together = Math.min(a2.columns(), unitsTogether);
    long blockRows = blockRows(a2.rows(), together);
    long columns = workspaces.address(Use.A2_COLUMNS, 8 * blockRows * together);
    for (int unit = 0; unit < units.count(); unit += unitsTogether) {
      int count = Math.min(unitsTogether, units.count() - unit);
      long rows = signedRows(a1, units, unit, count);
      for (long row = 0; row < a2.rows(); row += blockRows) {
        int block = (int) Math.min(blockRows, a2.rows() - row);
        kernels.launchRow(
            Kernels.typed("gatherColumns", a2),
            Grids.warps(block),
            address(a2, row),
            block,
            a2.columns(),
            units.index() + 8L * unit,
            count,
            columns);
        gpu.blas().multiply(d, block, count, rows, columns, keep || unit > 0, address(c, row));
      }
    }
  }

  /** Rows of A2 whose chosen columns are gathered together. */
  private long blockRows(long rows, long units) {
    return Math.min(rows, Math.max(1, blockEntries / units));
  }

  /** The rows of a1 that the units name, from one on, times their signs. */
  private long signedRows(Buffer a1, DeviceUnits units, int first, int count) {
    long room = 8 * Math.min(a1.rows(), unitsTogether) * a1.columns();
    long out = workspaces.address(Use.A1_ROWS, room);
    kernels.launchRow(
        Kernels.typed("gatherRows", a1),
        Grids.warps(count),
        address(a1),
        a1.columns(),
        units.index() + 8L * first,
        units.sign() + 8L * first,
        count,
        out);
    return out;
  }
}
