package io.github.relumax.cpu;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of the CPU backend, single-threaded, over off-heap float64. Offsets and strides
 * are in bytes, lengths in entries. Two implementations: {@link VectorKernels} where the vector
 * module is present, {@link ScalarKernels} elsewhere.
 */
interface Kernels {
  /** Rows of one product tile; both implementations use the same. */
  int TILE_ROWS = 4;

  /** Columns of one product tile: a multiple of the vector length. */
  int tileColumns();

  /** Width of the vectors in use, 64 for scalar code. */
  int vectorBits();

  /** out[i] = (double) in[i]: float32 storage read as float64. */
  void widen(MemorySegment in, long inOffset, MemorySegment out, long outOffset, int n);

  /** Σ a_i b_i. */
  double dot(MemorySegment a, long aOffset, MemorySegment b, long bOffset, int n);

  /**
   * Eight dot products at once: out[4 r + k] = ⟨row r of a, row k of x⟩ for r &lt; 2 and k &lt; 4.
   * Each entry of a is loaded once.
   */
  void dotTile(
      MemorySegment a,
      long aOffset,
      long aStride,
      MemorySegment x,
      long xOffset,
      long xStride,
      int n,
      double[] out);

  /** y += s0 a_0 + s1 a_1 + s2 a_2 + s3 a_3 for four rows of a. */
  void addRows(
      double s0,
      double s1,
      double s2,
      double s3,
      MemorySegment a,
      long aOffset,
      long aStride,
      MemorySegment y,
      long yOffset,
      int n);

  /** y += s a. */
  void addRow(double s, MemorySegment a, long aOffset, MemorySegment y, long yOffset, int n);

  /**
   * The product tile: c[i][j] += Σ_k left[k][i] right[k][j], i &lt; TILE_ROWS, j &lt;
   * tileColumns(). left is packed with TILE_ROWS entries per k, right with tileColumns() entries
   * per k.
   */
  void tile(
      int depth,
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment c,
      long cOffset,
      long cStride);

  /** out[0] = max z_i and out[1] = min z_i; NaN if one is NaN. */
  void range(MemorySegment z, long offset, int n, double[] out);

  /** f_i = exp(z_i - shift); returns Σ f_i. */
  double exp(MemorySegment z, long zOffset, double shift, MemorySegment f, long fOffset, int n);
}
