package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Plain Java loops: what runs where the vector module is absent, and the reference for {@link
 * VectorKernels}.
 */
final class ScalarKernels implements Kernels {
  private static final int TILE_ROWS = 4;
  private static final int TILE_COLUMNS = 4;

  @Override
  public int tileRows() {
    return TILE_ROWS;
  }

  @Override
  public int tileColumns() {
    return TILE_COLUMNS;
  }

  @Override
  public int vectorBits() {
    return 64;
  }

  @Override
  public void widen(long in, long out, int n) {
    for (int i = 0; i < n; i++) {
      set(out + 8L * i, RawMemory.getFloat(in + 4L * i));
    }
  }

  @Override
  public double dot(long a, long b, int n) {
    double s0 = 0;
    double s1 = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      s0 += get(a + 8L * i) * get(b + 8L * i);
      s1 += get(a + 8L * i + 8) * get(b + 8L * i + 8);
    }
    if (i < n) {
      s0 += get(a + 8L * i) * get(b + 8L * i);
    }
    return s0 + s1;
  }

  @Override
  public void dots(long a, long aStride, long x, int n, long out, long outStride) {
    for (int r = 0; r < 4; r++) {
      set(out + r * outStride, dot(a + r * aStride, x, n));
    }
  }

  @Override
  public int vectorsAtOnce() {
    return 4;
  }

  @Override
  public void dotBlock(long a, long aStride, long x, int n, long out) {
    for (int r = 0; r < 4; r++) {
      long row = a + r * aStride;
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      for (int j = 0; j < n; j++) {
        double entry = get(row + 8L * j);
        long from = x + 32L * j;
        s0 += entry * get(from);
        s1 += entry * get(from + 8);
        s2 += entry * get(from + 16);
        s3 += entry * get(from + 24);
      }
      long to = out + 32L * r;
      set(to, s0);
      set(to + 8, s1);
      set(to + 16, s2);
      set(to + 24, s3);
    }
  }

  @Override
  public void addRows(long s, long sStride, long a, long aStride, long y, int n) {
    double s0 = get(s);
    double s1 = get(s + sStride);
    double s2 = get(s + 2 * sStride);
    double s3 = get(s + 3 * sStride);
    for (int j = 0; j < n; j++) {
      long at = a + 8L * j;
      double sum =
          s0 * get(at)
              + s1 * get(at + aStride)
              + s2 * get(at + 2 * aStride)
              + s3 * get(at + 3 * aStride);
      set(y + 8L * j, get(y + 8L * j) + sum);
    }
  }

  @Override
  public void addBlock(long s, long a, long aStride, long y, int n) {
    for (int r = 0; r < 4; r++) {
      long row = a + r * aStride;
      double s0 = get(s + 32L * r);
      double s1 = get(s + 32L * r + 8);
      double s2 = get(s + 32L * r + 16);
      double s3 = get(s + 32L * r + 24);
      for (int j = 0; j < n; j++) {
        double entry = get(row + 8L * j);
        long to = y + 32L * j;
        set(to, get(to) + s0 * entry);
        set(to + 8, get(to + 8) + s1 * entry);
        set(to + 16, get(to + 16) + s2 * entry);
        set(to + 24, get(to + 24) + s3 * entry);
      }
    }
  }

  @Override
  public void addRow(double s, long a, long y, int n) {
    for (int j = 0; j < n; j++) {
      set(y + 8L * j, get(y + 8L * j) + s * get(a + 8L * j));
    }
  }

  @Override
  public void addCenteredThenDots(
      long s, long last, long next, long stride, long center, long v, int n, long sum, long dots) {
    for (int r = 0; r < 4; r++) {
      double weight = get(s + 8L * r);
      double dot = 0;
      for (int j = 0; j < n; j++) {
        double middle = get(center + 8L * j);
        double entry = get(last + r * stride + 8L * j) - middle;
        set(sum + 8L * j, get(sum + 8L * j) + weight * entry);
        dot += (get(next + r * stride + 8L * j) - middle) * get(v + 8L * j);
      }
      set(dots + 8L * r, dot);
    }
  }

  @Override
  public void addCentered(double[] s, long[] rows, long center, long y, int n) {
    for (int j = 0; j < n; j++) {
      double mean = get(center + 8L * j);
      double sum = 0;
      for (int r = 0; r < 4; r++) {
        sum += s[r] * (get(rows[r] + 8L * j) - mean);
      }
      set(y + 8L * j, get(y + 8L * j) + sum);
    }
  }

  @Override
  public void combine(double alpha, long u, double beta, long v, long out, int n) {
    for (int j = 0; j < n; j++) {
      set(out + 8L * j, alpha * get(u + 8L * j) + beta * get(v + 8L * j));
    }
  }

  @Override
  public void tile(
      int depth, long left, long leftStride, long right, long rightStride, int columns, long out) {
    for (int i = 0; i < TILE_ROWS; i++) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      for (int k = 0; k < depth; k++) {
        double l = get(left + k * leftStride + 8L * i);
        long r = right + k * rightStride;
        s0 += l * get(r);
        s1 += l * get(r + 8);
        s2 += l * get(r + 16);
        s3 += l * get(r + 24);
      }
      long to = out + 8L * TILE_COLUMNS * i;
      set(to, s0);
      set(to + 8, s1);
      set(to + 16, s2);
      set(to + 24, s3);
    }
  }

  @Override
  public void addTile(double s, long tile, long c, long cStride, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      addRow(s, tile + 8L * TILE_COLUMNS * i, c + cStride * i, columns);
    }
  }

  @Override
  public void storeTile(double s, long tile, long c, long cStride, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        set(c + cStride * i + 8L * j, s * get(tile + 8L * (TILE_COLUMNS * i + j)));
      }
    }
  }

  @Override
  public int sumWidth(int columns) {
    return TILE_COLUMNS;
  }

  @Override
  public void sumRows(long s, long index, int count, long rows, int width, long out) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    for (int p = 0; p < count; p++) {
      double weight = get(s + 8L * p);
      long row = rows + 8L * TILE_COLUMNS * RawMemory.getInt(index + 4L * p);
      s0 += weight * get(row);
      s1 += weight * get(row + 8);
      s2 += weight * get(row + 16);
      s3 += weight * get(row + 24);
    }
    set(out, s0);
    set(out + 8, s1);
    set(out + 16, s2);
    set(out + 24, s3);
  }

  @Override
  public void packCentered(
      long row, double s, long center, int columns, long x, long panelStride, int width) {
    long to = x;
    for (int first = 0; first < columns; first += width, to += panelStride) {
      for (int j = 0; j < width; j++) {
        long at = 8L * (first + j);
        set(to + 8L * j, first + j < columns ? s * (get(row + at) - get(center + at)) : 0);
      }
    }
  }

  @Override
  public void range(long z, int n, double[] out) {
    double max = Double.NEGATIVE_INFINITY;
    double min = Double.POSITIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      double value = get(z + 8L * i);
      max = Math.max(max, value);
      min = Math.min(min, value);
    }
    out[0] = max;
    out[1] = min;
  }

  @Override
  public double exp(long z, double shift, long f, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double e = Math.exp(get(z + 8L * i) - shift);
      set(f + 8L * i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  public void residual(long f, double scale, long b, long gz, int n, double[] out) {
    double cc = 0;
    double fc = 0;
    double ff = 0;
    double fcfc = 0;
    for (int i = 0; i < n; i++) {
      double v = get(f + 8L * i) * scale;
      double c = v - get(b + 8L * i);
      double g = v * c;
      set(f + 8L * i, v);
      set(gz + 8L * i, g);
      cc += c * c;
      fc += g;
      ff += v * v;
      fcfc += g * g;
    }
    out[0] = cc;
    out[1] = fc;
    out[2] = ff;
    out[3] = fcfc;
  }

  @Override
  public double squaredError(long f, double scale, long b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double c = get(f + 8L * i) * scale - get(b + 8L * i);
      sum += c * c;
    }
    return sum;
  }

  @Override
  public double weightedSquares(long w, long z, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double v = get(z + 8L * i);
      sum += get(w + 8L * i) * v * v;
    }
    return sum;
  }
}
