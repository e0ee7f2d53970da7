package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F32;
import static io.github.relumax.matrix.Matrix.F64;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops with the JDK's Vector API at the widest vector the processor prefers. Each loop
 * keeps its vectors in local variables of one method: a helper method that takes vectors and is not
 * inlined would box them.
 */
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Double> S = DoubleVector.SPECIES_PREFERRED;
  private static final int L = S.length();
  private static final long LB = 8L * L;

  /**
   * float32 vectors with as many lanes as S; a float64 vector of one 64-bit lane has no such
   * partner.
   */
  private static final VectorSpecies<Float> F = L >= 2 ? narrow() : null;

  private static final int TILE_COLUMNS = 3 * L;

  /** ln 2 = LN_2 + LN_2_REST to twice the precision. */
  private static final double LN_2 = 0.6931471805599453;

  private static final double LN_2_REST = 2.3190468138462996e-17;

  /** Adding this to a number of moderate size rounds it to an integer. */
  private static final double ROUND = 0x1.8p52;

  /** Outside of these exp is 0 or infinite. */
  private static final double EXP_LOW = -746;

  private static final double EXP_HIGH = 710;

  private static VectorSpecies<Float> narrow() {
    return VectorSpecies.of(float.class, VectorShape.forBitSize(S.vectorBitSize() / 2));
  }

  @Override
  public int tileColumns() {
    return TILE_COLUMNS;
  }

  @Override
  public int vectorBits() {
    return S.vectorBitSize();
  }

  @Override
  public void widen(MemorySegment in, long inOffset, MemorySegment out, long outOffset, int n) {
    int i = 0;
    if (F != null) {
      for (; i <= n - L; i += L) {
        FloatVector v = FloatVector.fromMemorySegment(F, in, inOffset + 4L * i, LITTLE_ENDIAN);
        DoubleVector w = (DoubleVector) v.convertShape(VectorOperators.F2D, S, 0);
        w.intoMemorySegment(out, outOffset + 8L * i, LITTLE_ENDIAN);
      }
    }
    for (; i < n; i++) {
      out.set(F64, outOffset + 8L * i, in.get(F32, inOffset + 4L * i));
    }
  }

  @Override
  public double dot(MemorySegment a, long aOffset, MemorySegment b, long bOffset, int n) {
    DoubleVector s0 = DoubleVector.zero(S);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    int i = 0;
    for (; i <= n - 4 * L; i += 4 * L) {
      long p = aOffset + 8L * i;
      long q = bOffset + 8L * i;
      s0 = load(a, p).fma(load(b, q), s0);
      s1 = load(a, p + LB).fma(load(b, q + LB), s1);
      s2 = load(a, p + 2 * LB).fma(load(b, q + 2 * LB), s2);
      s3 = load(a, p + 3 * LB).fma(load(b, q + 3 * LB), s3);
    }
    for (; i <= n - L; i += L) {
      s0 = load(a, aOffset + 8L * i).fma(load(b, bOffset + 8L * i), s0);
    }
    double sum = sum(s0.add(s1).add(s2.add(s3)));
    for (; i < n; i++) {
      sum += a.get(F64, aOffset + 8L * i) * b.get(F64, bOffset + 8L * i);
    }
    return sum;
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
    DoubleVector s00 = DoubleVector.zero(S);
    DoubleVector s01 = s00;
    DoubleVector s02 = s00;
    DoubleVector s03 = s00;
    DoubleVector s10 = s00;
    DoubleVector s11 = s00;
    DoubleVector s12 = s00;
    DoubleVector s13 = s00;
    int i = 0;
    for (; i <= n - L; i += L) {
      long p = aOffset + 8L * i;
      long q = xOffset + 8L * i;
      DoubleVector a0 = load(a, p);
      DoubleVector a1 = load(a, p + aStride);
      DoubleVector x0 = load(x, q);
      DoubleVector x1 = load(x, q + xStride);
      DoubleVector x2 = load(x, q + 2 * xStride);
      DoubleVector x3 = load(x, q + 3 * xStride);
      s00 = a0.fma(x0, s00);
      s01 = a0.fma(x1, s01);
      s02 = a0.fma(x2, s02);
      s03 = a0.fma(x3, s03);
      s10 = a1.fma(x0, s10);
      s11 = a1.fma(x1, s11);
      s12 = a1.fma(x2, s12);
      s13 = a1.fma(x3, s13);
    }
    out[0] = sum(s00);
    out[1] = sum(s01);
    out[2] = sum(s02);
    out[3] = sum(s03);
    out[4] = sum(s10);
    out[5] = sum(s11);
    out[6] = sum(s12);
    out[7] = sum(s13);
    for (; i < n; i++) {
      for (int r = 0; r < 2; r++) {
        double entry = a.get(F64, aOffset + r * aStride + 8L * i);
        for (int k = 0; k < 4; k++) {
          out[4 * r + k] += entry * x.get(F64, xOffset + k * xStride + 8L * i);
        }
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
    DoubleVector v0 = DoubleVector.broadcast(S, s0);
    DoubleVector v1 = DoubleVector.broadcast(S, s1);
    DoubleVector v2 = DoubleVector.broadcast(S, s2);
    DoubleVector v3 = DoubleVector.broadcast(S, s3);
    int j = 0;
    for (; j <= n - L; j += L) {
      long at = aOffset + 8L * j;
      long to = yOffset + 8L * j;
      DoubleVector left = load(a, at).fma(v0, load(y, to));
      DoubleVector right = load(a, at + 2 * aStride).mul(v2);
      left = load(a, at + aStride).fma(v1, left);
      right = load(a, at + 3 * aStride).fma(v3, right);
      left.add(right).intoMemorySegment(y, to, LITTLE_ENDIAN);
    }
    for (; j < n; j++) {
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
    DoubleVector v = DoubleVector.broadcast(S, s);
    int j = 0;
    for (; j <= n - L; j += L) {
      long to = yOffset + 8L * j;
      load(a, aOffset + 8L * j).fma(v, load(y, to)).intoMemorySegment(y, to, LITTLE_ENDIAN);
    }
    for (; j < n; j++) {
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
    DoubleVector c00 = DoubleVector.zero(S);
    DoubleVector c01 = c00;
    DoubleVector c02 = c00;
    DoubleVector c10 = c00;
    DoubleVector c11 = c00;
    DoubleVector c12 = c00;
    DoubleVector c20 = c00;
    DoubleVector c21 = c00;
    DoubleVector c22 = c00;
    DoubleVector c30 = c00;
    DoubleVector c31 = c00;
    DoubleVector c32 = c00;
    for (int k = 0; k < depth; k++) {
      long p = leftOffset + 8L * TILE_ROWS * k;
      long q = rightOffset + 3 * LB * k;
      DoubleVector r0 = load(right, q);
      DoubleVector r1 = load(right, q + LB);
      DoubleVector r2 = load(right, q + 2 * LB);
      DoubleVector l0 = DoubleVector.broadcast(S, left.get(F64, p));
      c00 = l0.fma(r0, c00);
      c01 = l0.fma(r1, c01);
      c02 = l0.fma(r2, c02);
      DoubleVector l1 = DoubleVector.broadcast(S, left.get(F64, p + 8));
      c10 = l1.fma(r0, c10);
      c11 = l1.fma(r1, c11);
      c12 = l1.fma(r2, c12);
      DoubleVector l2 = DoubleVector.broadcast(S, left.get(F64, p + 16));
      c20 = l2.fma(r0, c20);
      c21 = l2.fma(r1, c21);
      c22 = l2.fma(r2, c22);
      DoubleVector l3 = DoubleVector.broadcast(S, left.get(F64, p + 24));
      c30 = l3.fma(r0, c30);
      c31 = l3.fma(r1, c31);
      c32 = l3.fma(r2, c32);
    }
    long row = cOffset;
    load(c, row).add(c00).intoMemorySegment(c, row, LITTLE_ENDIAN);
    load(c, row + LB).add(c01).intoMemorySegment(c, row + LB, LITTLE_ENDIAN);
    load(c, row + 2 * LB).add(c02).intoMemorySegment(c, row + 2 * LB, LITTLE_ENDIAN);
    row += cStride;
    load(c, row).add(c10).intoMemorySegment(c, row, LITTLE_ENDIAN);
    load(c, row + LB).add(c11).intoMemorySegment(c, row + LB, LITTLE_ENDIAN);
    load(c, row + 2 * LB).add(c12).intoMemorySegment(c, row + 2 * LB, LITTLE_ENDIAN);
    row += cStride;
    load(c, row).add(c20).intoMemorySegment(c, row, LITTLE_ENDIAN);
    load(c, row + LB).add(c21).intoMemorySegment(c, row + LB, LITTLE_ENDIAN);
    load(c, row + 2 * LB).add(c22).intoMemorySegment(c, row + 2 * LB, LITTLE_ENDIAN);
    row += cStride;
    load(c, row).add(c30).intoMemorySegment(c, row, LITTLE_ENDIAN);
    load(c, row + LB).add(c31).intoMemorySegment(c, row + LB, LITTLE_ENDIAN);
    load(c, row + 2 * LB).add(c32).intoMemorySegment(c, row + 2 * LB, LITTLE_ENDIAN);
  }

  @Override
  public void range(MemorySegment z, long offset, int n, double[] out) {
    DoubleVector high = DoubleVector.broadcast(S, Double.NEGATIVE_INFINITY);
    DoubleVector low = DoubleVector.broadcast(S, Double.POSITIVE_INFINITY);
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector v = load(z, offset + 8L * i);
      high = high.max(v);
      low = low.min(v);
    }
    double max = high.reduceLanes(VectorOperators.MAX);
    double min = low.reduceLanes(VectorOperators.MIN);
    for (; i < n; i++) {
      double value = z.get(F64, offset + 8L * i);
      max = Math.max(max, value);
      min = Math.min(min, value);
    }
    out[0] = max;
    out[1] = min;
  }

  /**
   * exp x = 2ⁿ e^r with n = round(x / ln 2) and |r| &lt;= ln 2 / 2, e^r by its Taylor polynomial to
   * r¹³, which leaves out less than 2⁻⁵⁷. The JDK's own vector exp differs in its last bits between
   * interpreted and compiled code, so a solve would not repeat; this one is made of operations that
   * round in one way only. 2ⁿ is applied in two halves, since alone it may be subnormal or
   * overflow.
   */
  @Override
  public double exp(
      MemorySegment z, long zOffset, double shift, MemorySegment f, long fOffset, int n) {
    DoubleVector sum = DoubleVector.zero(S);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    LongVector roundBits = round.reinterpretAsLongs();
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector x = load(z, zOffset + 8L * i).sub(shift).max(EXP_LOW).min(EXP_HIGH);
      DoubleVector shifted = x.fma(DoubleVector.broadcast(S, 1 / LN_2), round);
      DoubleVector power = shifted.sub(round);
      DoubleVector r = power.fma(DoubleVector.broadcast(S, -LN_2), x);
      r = power.fma(DoubleVector.broadcast(S, -LN_2_REST), r);
      DoubleVector p = DoubleVector.broadcast(S, 1.0 / 6227020800.0);
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 479001600));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 39916800));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 3628800));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 362880));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 40320));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 5040));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 720));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 120));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 24));
      p = p.fma(r, DoubleVector.broadcast(S, 1.0 / 6));
      p = p.fma(r, DoubleVector.broadcast(S, 0.5));
      p = p.fma(r.mul(r), r).add(1);
      // The low bits of a number near ROUND are the integer it was rounded to.
      LongVector whole = shifted.reinterpretAsLongs().sub(roundBits);
      LongVector half = power.fma(0.5, ROUND).reinterpretAsLongs().sub(roundBits);
      DoubleVector first = powerOfTwo(half);
      DoubleVector second = powerOfTwo(whole.sub(half));
      DoubleVector e = p.mul(first).mul(second);
      e.intoMemorySegment(f, fOffset + 8L * i, LITTLE_ENDIAN);
      sum = sum.add(e);
    }
    double total = sum(sum);
    for (; i < n; i++) {
      double e = Math.exp(z.get(F64, zOffset + 8L * i) - shift);
      f.set(F64, fOffset + 8L * i, e);
      total += e;
    }
    return total;
  }

  /** 2^n for -1023 &lt; n &lt;= 1023, by its exponent bits. */
  private static DoubleVector powerOfTwo(LongVector n) {
    return n.add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
  }

  /**
   * The sum over lanes, in one order. That of reduceLanes is not specified, and does differ between
   * interpreted and compiled code. Lanes are named one by one because the compiler wants constants.
   */
  private static double sum(DoubleVector v) {
    double sum = v.lane(0);
    if (L >= 2) {
      sum += v.lane(1);
    }
    if (L >= 4) {
      sum += v.lane(2) + v.lane(3);
    }
    if (L >= 8) {
      sum += (v.lane(4) + v.lane(5)) + (v.lane(6) + v.lane(7));
    }
    for (int k = 8; k < L; k++) {
      sum += v.lane(k);
    }
    return sum;
  }

  private static DoubleVector load(MemorySegment segment, long offset) {
    return DoubleVector.fromMemorySegment(S, segment, offset, LITTLE_ENDIAN);
  }
}
