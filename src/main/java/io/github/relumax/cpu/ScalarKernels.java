package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F32;
import static io.github.relumax.matrix.Matrix.F64;

import java.lang.foreign.MemorySegment;

/**
 * Plain Java loops: what runs where the vector module is absent, and the reference for {@link
 * VectorKernels}.
 */
final class ScalarKernels implements Kernels {
  private static final int TILE_COLUMNS = 4;

  @Override
  public int tileColumns() {
    return TILE_COLUMNS;
  }

  @Override
  public int vectorBits() {
    return 64;
  }

  @Override
  public void widen(MemorySegment in, long inOffset, MemorySegment out, long outOffset, int n) {
    for (int i = 0; i < n; i++) {
      out.set(F64, outOffset + 8L * i, in.get(F32, inOffset + 4L * i));
    }
  }

  @Override
  public double dot(MemorySegment a, long aOffset, MemorySegment b, long bOffset, int n) {
    double s0 = 0;
    double s1 = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      s0 += a.get(F64, aOffset + 8L * i) * b.get(F64, bOffset + 8L * i);
      s1 += a.get(F64, aOffset + 8L * i + 8) * b.get(F64, bOffset + 8L * i + 8);
    }
    if (i < n) {
      s0 += a.get(F64, aOffset + 8L * i) * b.get(F64, bOffset + 8L * i);
    }
    return s0 + s1;
  }

  @Override
  public void dotTile(
      MemorySegment a,
      long aOffset,
      long aStride,
      MemorySegment x,
      long xOffset,
      long xStride,
      int n,
      double[] out) {
    for (int r = 0; r < 2; r++) {
      for (int k = 0; k < 4; k++) {
        out[4 * r + k] = dot(a, aOffset + r * aStride, x, xOffset + k * xStride, n);
      }
    }
  }

  @Override
  public void addRows(
      double s0,
      double s1,
      double s2,
      double s3,
      MemorySegment a,
      long aOffset,
      long aStride,
      MemorySegment y,
      long yOffset,
      int n) {
    for (int j = 0; j < n; j++) {
      long at = aOffset + 8L * j;
      long to = yOffset + 8L * j;
      double sum =
          s0 * a.get(F64, at)
              + s1 * a.get(F64, at + aStride)
              + s2 * a.get(F64, at + 2 * aStride)
              + s3 * a.get(F64, at + 3 * aStride);
      y.set(F64, to, y.get(F64, to) + sum);
    }
  }

  @Override
  public void addRow(
      double s, MemorySegment a, long aOffset, MemorySegment y, long yOffset, int n) {
    for (int j = 0; j < n; j++) {
      long to = yOffset + 8L * j;
      y.set(F64, to, y.get(F64, to) + s * a.get(F64, aOffset + 8L * j));
    }
  }

  @Override
  public void tile(
      int depth,
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment c,
      long cOffset,
      long cStride) {
    for (int i = 0; i < TILE_ROWS; i++) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      for (int k = 0; k < depth; k++) {
        double l = left.get(F64, leftOffset + 8L * (TILE_ROWS * k + i));
        long r = rightOffset + 8L * TILE_COLUMNS * k;
        s0 += l * right.get(F64, r);
        s1 += l * right.get(F64, r + 8);
        s2 += l * right.get(F64, r + 16);
        s3 += l * right.get(F64, r + 24);
      }
      long to = cOffset + i * cStride;
      c.set(F64, to, c.get(F64, to) + s0);
      c.set(F64, to + 8, c.get(F64, to + 8) + s1);
      c.set(F64, to + 16, c.get(F64, to + 16) + s2);
      c.set(F64, to + 24, c.get(F64, to + 24) + s3);
    }
  }

  @Override
  public void range(MemorySegment z, long offset, int n, double[] out) {
    double max = Double.NEGATIVE_INFINITY;
    double min = Double.POSITIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      double value = z.get(F64, offset + 8L * i);
      max = Math.max(max, value);
      min = Math.min(min, value);
    }
    out[0] = max;
    out[1] = min;
  }

  @Override
  public double exp(
      MemorySegment z, long zOffset, double shift, MemorySegment f, long fOffset, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double e = Math.exp(z.get(F64, zOffset + 8L * i) - shift);
      f.set(F64, fOffset + 8L * i, e);
      sum += e;
    }
    return sum;
  }
}
