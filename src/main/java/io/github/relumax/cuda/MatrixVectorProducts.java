package io.github.relumax.cuda;

import static io.github.relumax.cuda.DeviceBuffer.address;

import io.github.relumax.backend.Buffer;

/**
 * Products of a matrix with one or a few vectors, by kernels that read the matrix once for up to
 * {@link #VECTORS} of them, in its own storage. Where rows are added up, slabs of them leave
 * partial sums.
 */
final class MatrixVectorProducts {
  /** Vectors that one read of a matrix serves, at most. */
  static final int VECTORS = 8;

  /** Vectors that a solve multiplies transposed matrices by at once. */
  private static final int VECTORS_OF_A_SOLVE = 3;

  private final Kernels kernels;
  private final DeviceSums sums;

  MatrixVectorProducts(Kernels kernels, DeviceSums sums) {
    this.kernels = kernels;
    this.sums = sums;
  }

  /** Float64 numbers of workspace for products with one vector, with matrices of n or d columns. */
  static double workspace(long n, long d) {
    return Grids.MOST_BLOCKS * (double) Math.max(2 * 4 * 256, d) + n;
  }

  /** The same for {@link #multiplyTransposed} of so many vectors. */
  static double transposedWorkspace(long columns, long vectors) {
    // A tile has 256 lanes of 16 bytes at most, and where there are several fewer slabs.
    double partials = Math.max(Grids.MOST_BLOCKS * 4.0 * 256, (double) columns);
    return Math.min(VECTORS, vectors) * partials;
  }

  /** {@link io.github.relumax.backend.Backend#multiply}. */
  void multiply(Buffer a, Buffer x, Buffer y) {
    int lanes = Grids.rowLanes(a.columns(), a.type().bytes());
    for (long first = 0; first < x.rows(); first += VECTORS) {
      int count = (int) Math.min(VECTORS, x.rows() - first);
      long room = Grids.atLeast(count);
      kernels.launchRow(
          Kernels.typed("multiply" + room, a),
          Grids.product(a.rows(), lanes),
          address(a),
          a.rows(),
          a.columns(),
          lanes,
          address(x, first),
          count,
          address(y, first),
          a.rows());
    }
  }

  /**
   * {@link io.github.relumax.backend.Backend#multiplyTransposed}.
   *
   * @param vectors how many v has
   */
  void multiplyTransposed(Buffer a, long vectors, Buffer v, Buffer y) {
    int lanes = Grids.tileLanes(a.columns(), a.type().bytes());
    long tiles = tiles(a, lanes);
    long slab = slab(a, tiles);
    long slabs = Math.ceilDiv(a.rows(), slab);
    long together = Math.min(VECTORS, vectors);
    long partials = transposedPartials(a, together);
    for (long first = 0; first < vectors; first += together) {
      int count = (int) Math.min(together, vectors - first);
      kernels.launch(
          Kernels.typed("multiplyTransposed" + Grids.atLeast(count), a),
          tiles,
          slabs,
          address(a),
          a.rows(),
          a.columns(),
          lanes,
          address(v) + 8 * first * a.rows(),
          count,
          slab,
          partials);
      for (int k = 0; k < count; k++) {
        long from = partials + 8L * k * slabs * a.columns();
        sums.addRows(from, slabs, a.columns(), address(y) + 8 * (first + k) * a.columns());
      }
    }
  }

  /**
   * Takes the memory that {@link #multiplyTransposed} with this matrix needs in a solve: it may
   * come late, when nothing is to be allocated.
   */
  void reserveTransposed(Buffer a) {
    transposedPartials(a, VECTORS_OF_A_SOLVE);
  }

  private long transposedPartials(Buffer a, long vectors) {
    long tiles = tiles(a, Grids.tileLanes(a.columns(), a.type().bytes()));
    long slabs = Math.ceilDiv(a.rows(), slab(a, tiles));
    return sums.partials(vectors * slabs * a.columns());
  }

  private static long tiles(Buffer a, int lanes) {
    return Math.ceilDiv(a.columns(), (long) lanes * 16 / a.type().bytes());
  }

  private static long slab(Buffer a, long tiles) {
    long slabs = Math.max(1, Grids.MOST_BLOCKS / tiles);
    return Math.ceilDiv(a.rows(), Math.min(Math.ceilDiv(a.rows(), 64L), slabs));
  }

  /** {@link io.github.relumax.backend.Backend#curvatureTimes}. */
  void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    long d = c.columns();
    int lanes = Grids.partLanes(d);
    long slab = Grids.partSlab(c.rows());
    long slabs = Math.ceilDiv(c.rows(), slab);
    long rows = slabs * Grids.parts(lanes);
    long partials = sums.partials(rows * d);
    kernels.launchRow(
        Kernels.typed("curvatureTimes", c),
        slabs,
        address(c),
        c.rows(),
        d,
        lanes,
        address(center),
        address(a),
        address(v),
        slab,
        partials);
    sums.addRows(partials, rows, d, address(out));
  }
}
