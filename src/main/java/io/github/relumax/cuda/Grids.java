package io.github.relumax.cuda;

/**
 * How many blocks a kernel is started on, and what else follows from shapes, as
 * cuda-kernels/README.md says.
 */
final class Grids {
  /** Blocks along a vector, at most; so many partial sums a kernel leaves at most. */
  static final int MOST_BLOCKS = 1024;

  /** The largest second dimension of a grid. */
  static final int MOST_ROWS = 65_535;

  private static final int THREADS = 256;
  private static final int WARP = 32;
  private static final int WARPS = THREADS / WARP;
  private static final int WIDE_BYTES = 16;

  private Grids() {}

  /** B(n): blocks along a vector of n entries. */
  static int along(long n) {
    return (int) Math.min(MOST_BLOCKS, Math.max(1, Math.ceilDiv(n, MOST_BLOCKS)));
  }

  /** Blocks where every warp has a row. */
  static long warps(long rows) {
    return Math.ceilDiv(rows, WARPS);
  }

  /** Blocks where every thread has a column. */
  static long columns(long columns) {
    return Math.ceilDiv(columns, THREADS);
  }

  /** Lanes that work on one row of a product, four loads of 16 bytes each at least. */
  static int rowLanes(long columns, int elementBytes) {
    return (int) Math.min(WARP, atMost(columns * elementBytes / (4 * WIDE_BYTES)));
  }

  /** Lanes that go along the columns of a tile, each with a load of 16 bytes. */
  static int tileLanes(long columns, int elementBytes) {
    long loads = Math.ceilDiv(columns * elementBytes, (long) WIDE_BYTES);
    return (int) Math.min(THREADS, atLeast(loads));
  }

  /**
   * Lanes that go along the columns of rows that are weighed and added: 32 parts a block at most.
   */
  static int partLanes(long columns) {
    return Math.clamp(atLeast(columns), THREADS / WARP, THREADS);
  }

  /** Parts into which as many lanes split a block. */
  static int parts(int lanes) {
    return THREADS / lanes;
  }

  /** Rows of a slab, of which there are at most {@link #MOST_BLOCKS}: a multiple of 32. */
  static long partSlab(long rows) {
    return WARP * Math.ceilDiv(rows, (long) WARP * MOST_BLOCKS);
  }

  /** Blocks of a product, four rows to a group of lanes. */
  static long product(long rows, int lanes) {
    return Math.ceilDiv(rows, 4 * THREADS / lanes);
  }

  /** Blocks where every group of lanes has a row. */
  static long groups(long rows, int lanes) {
    return Math.ceilDiv(rows, THREADS / lanes);
  }

  /** The largest power of two that is at most n, 1 where there is none. */
  static long atMost(long n) {
    return Long.highestOneBit(Math.max(1, n));
  }

  /** The smallest power of two that is at least n. */
  static long atLeast(long n) {
    return n <= 1 ? 1 : Long.highestOneBit(2 * n - 1);
  }
}
