package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;
import static io.github.relumax.cpu.RawMemory.ALL;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops with the JDK's Vector API at the widest vector the processor prefers.
 *
 * <p>Each loop keeps its vectors in local variables of one method: a helper method that takes
 * vectors and is not inlined would box them. Sums that a loop carries are stored, or reduced, right
 * after it: what else reads memory between the loop and their use makes the JIT box them too, which
 * costs more than a short loop does (so {@link #tile} stores, and {@link #addTile} adds).
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

  /** Whether the processor has masks, by which the rest of a row is one more vector. */
  private static final boolean MASKS = L >= 8;

  private static final int TILE_COLUMNS = 3 * L;

  /** ln 2 = LN_2 + LN_2_REST to twice the precision. */
  private static final double LN_2 = 0.6931471805599453;

  private static final double LN_2_REST = 2.3190468138462996e-17;

  /** Adding this to a number of moderate size rounds it to an integer. */
  private static final double ROUND = 0x1.8p52;

  /** Outside of these exp is 0 or infinite. */
  private static final double EXP_LOW = -746;

  private static final double EXP_HIGH = 710;

  /** Rows of a tile for 32 vector registers: 24 sums, 3 vectors of right, 1 of left. */
  static final int MANY_ROWS = 8;

  /** Rows of a tile for 16 vector registers: 12 sums, 3 vectors of right, 1 of left. */
  static final int FEW_ROWS = 4;

  private final int tileRows;

  VectorKernels() {
    this(has32Registers() ? MANY_ROWS : FEW_ROWS);
  }

  /**
   * @param tileRows {@link #MANY_ROWS} or {@link #FEW_ROWS}
   */
  VectorKernels(int tileRows) {
    this.tileRows = tileRows;
  }

  /** AVX-512 and the vectors of ARM have so many, earlier ones of x86 half of them. */
  private static boolean has32Registers() {
    return S.vectorBitSize() >= 512 || System.getProperty("os.arch").equals("aarch64");
  }

  private static VectorSpecies<Float> narrow() {
    return VectorSpecies.of(float.class, VectorShape.forBitSize(S.vectorBitSize() / 2));
  }

  @Override
  public int tileRows() {
    return tileRows;
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
  public void widen(long in, long out, int n) {
    int i = 0;
    if (F != null) {
      for (; i <= n - L; i += L) {
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, in + 4L * i, LITTLE_ENDIAN);
        store((DoubleVector) v.convertShape(VectorOperators.F2D, S, 0), out + 8L * i);
      }
    }
    for (; i < n; i++) {
      set(out + 8L * i, RawMemory.getFloat(in + 4L * i));
    }
  }

  @Override
  public double dot(long a, long b, int n) {
    DoubleVector s0 = DoubleVector.zero(S);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    int i = 0;
    for (; i <= n - 4 * L; i += 4 * L) {
      long p = a + 8L * i;
      long q = b + 8L * i;
      s0 = load(p).fma(load(q), s0);
      s1 = load(p + LB).fma(load(q + LB), s1);
      s2 = load(p + 2 * LB).fma(load(q + 2 * LB), s2);
      s3 = load(p + 3 * LB).fma(load(q + 3 * LB), s3);
    }
    for (; i <= n - L; i += L) {
      s0 = load(a + 8L * i).fma(load(b + 8L * i), s0);
    }
    double sum = sum(s0.add(s1).add(s2.add(s3)));
    for (; i < n; i++) {
      sum += get(a + 8L * i) * get(b + 8L * i);
    }
    return sum;
  }

  @Override
  public void dots(long a, long aStride, long x, int n, long out, long outStride) {
    // Few instructions for a line of memory keep more lines on their way: one masked address serves
    // all four rows, and the JIT does not count this loop, or it would unroll it and spill the
    // sums.
    long one = aStride & ADDRESS;
    long two = 2 * one;
    long three = 3 * one;
    DoubleVector s0 = DoubleVector.zero(S);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    int i = n / L * L;
    long end = a + 8L * i;
    long toX = x - a;
    for (long from = a; from != end; from += LB) {
      long at = from & ADDRESS;
      DoubleVector v = load((from + toX) & ADDRESS);
      s0 = load(at).fma(v, s0);
      s1 = load(at + one).fma(v, s1);
      s2 = load(at + two).fma(v, s2);
      s3 = load(at + three).fma(v, s3);
    }
    // Of rows shorter than a vector, adding up the lanes would take longest.
    if (MASKS && i > 0 && i < n) {
      long at = end & ADDRESS;
      VectorMask<Double> rest = S.indexInRange(i, n);
      DoubleVector v = load((end + toX) & ADDRESS, rest);
      s0 = load(at, rest).fma(v, s0);
      s1 = load(at + one, rest).fma(v, s1);
      s2 = load(at + two, rest).fma(v, s2);
      s3 = load(at + three, rest).fma(v, s3);
      i = n;
    }
    double d0 = sum(s0);
    double d1 = sum(s1);
    double d2 = sum(s2);
    double d3 = sum(s3);
    for (; i < n; i++) {
      long at = a + 8L * i;
      double v = get(x + 8L * i);
      d0 += v * get(at);
      d1 += v * get(at + one);
      d2 += v * get(at + two);
      d3 += v * get(at + three);
    }
    set(out, d0);
    set(out + outStride, d1);
    set(out + 2 * outStride, d2);
    set(out + 3 * outStride, d3);
  }

  @Override
  public int vectorsAtOnce() {
    return 2 * L;
  }

  @Override
  public void dotBlock(long a, long aStride, long x, int n, long out) {
    VectorTiles.dotBlock(a, aStride, x, n, out);
  }

  @Override
  public void addRows(long s, long sStride, long a, long aStride, long y, int n) {
    // As in dots. The rows are added up before y, which may be large beside them, rounds the sum.
    long one = aStride & ADDRESS;
    long two = 2 * one;
    long three = 3 * one;
    double s0 = get(s);
    double s1 = get(s + sStride);
    double s2 = get(s + 2 * sStride);
    double s3 = get(s + 3 * sStride);
    DoubleVector v0 = DoubleVector.broadcast(S, s0);
    DoubleVector v1 = DoubleVector.broadcast(S, s1);
    DoubleVector v2 = DoubleVector.broadcast(S, s2);
    DoubleVector v3 = DoubleVector.broadcast(S, s3);
    int j = n / L * L;
    long end = a + 8L * j;
    long toY = y - a;
    for (long from = a; from != end; from += LB) {
      long at = from & ADDRESS;
      long to = (from + toY) & ADDRESS;
      DoubleVector sum = load(at).mul(v0);
      sum = load(at + one).fma(v1, sum);
      sum = load(at + two).fma(v2, sum);
      store(load(at + three).fma(v3, sum).add(load(to)), to);
    }
    if (MASKS && j < n) {
      long at = end & ADDRESS;
      long to = (end + toY) & ADDRESS;
      VectorMask<Double> rest = S.indexInRange(j, n);
      DoubleVector sum = load(at, rest).mul(v0);
      sum = load(at + one, rest).fma(v1, sum);
      sum = load(at + two, rest).fma(v2, sum);
      sum = load(at + three, rest).fma(v3, sum).add(load(to, rest));
      sum.intoMemorySegment(ALL, to, LITTLE_ENDIAN, rest);
      return;
    }
    for (; j < n; j++) {
      long at = a + 8L * j;
      double sum = s0 * get(at) + s1 * get(at + one) + s2 * get(at + two) + s3 * get(at + three);
      set(y + 8L * j, get(y + 8L * j) + sum);
    }
  }

  @Override
  public void addBlock(long s, long a, long aStride, long y, int n) {
    long b = a + aStride;
    long c = b + aStride;
    long d = c + aStride;
    DoubleVector v0 = load(s);
    DoubleVector w0 = load(s + LB);
    DoubleVector v1 = load(s + 2 * LB);
    DoubleVector w1 = load(s + 3 * LB);
    DoubleVector v2 = load(s + 4 * LB);
    DoubleVector w2 = load(s + 5 * LB);
    DoubleVector v3 = load(s + 6 * LB);
    DoubleVector w3 = load(s + 7 * LB);
    for (int j = 0; j < n; j++) {
      long at = 8L * j;
      long to = (y + 2 * LB * j) & ADDRESS;
      DoubleVector entry = DoubleVector.broadcast(S, get((a + at) & ADDRESS));
      DoubleVector first = entry.mul(v0);
      DoubleVector second = entry.mul(w0);
      entry = DoubleVector.broadcast(S, get((b + at) & ADDRESS));
      first = entry.fma(v1, first);
      second = entry.fma(w1, second);
      entry = DoubleVector.broadcast(S, get((c + at) & ADDRESS));
      first = entry.fma(v2, first);
      second = entry.fma(w2, second);
      entry = DoubleVector.broadcast(S, get((d + at) & ADDRESS));
      store(entry.fma(v3, first).add(load(to)), to);
      store(entry.fma(w3, second).add(load(to + LB)), to + LB);
    }
  }

  @Override
  public void addRow(double s, long a, long y, int n) {
    DoubleVector v = DoubleVector.broadcast(S, s);
    int j = 0;
    for (; j <= n - L; j += L) {
      store(load(a + 8L * j).fma(v, load(y + 8L * j)), y + 8L * j);
    }
    for (; j < n; j++) {
      set(y + 8L * j, get(y + 8L * j) + s * get(a + 8L * j));
    }
  }

  @Override
  public void addCenteredThenDots(
      long s, long last, long next, long stride, long center, long v, int n, long sum, long dots) {
    long last1 = last + stride;
    long last2 = last1 + stride;
    long last3 = last2 + stride;
    long next1 = next + stride;
    long next2 = next1 + stride;
    long next3 = next2 + stride;
    DoubleVector w0 = DoubleVector.broadcast(S, get(s));
    DoubleVector w1 = DoubleVector.broadcast(S, get(s + 8));
    DoubleVector w2 = DoubleVector.broadcast(S, get(s + 16));
    DoubleVector w3 = DoubleVector.broadcast(S, get(s + 24));
    DoubleVector s0 = DoubleVector.zero(S);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    int j = 0;
    for (; j <= n - L; j += L) {
      long at = 8L * j;
      long to = (sum + at) & ADDRESS;
      DoubleVector middle = load((center + at) & ADDRESS);
      DoubleVector along = load((v + at) & ADDRESS);
      s0 = load((next + at) & ADDRESS).sub(middle).fma(along, s0);
      s1 = load((next1 + at) & ADDRESS).sub(middle).fma(along, s1);
      s2 = load((next2 + at) & ADDRESS).sub(middle).fma(along, s2);
      s3 = load((next3 + at) & ADDRESS).sub(middle).fma(along, s3);
      DoubleVector left = load((last + at) & ADDRESS).sub(middle).fma(w0, load(to));
      DoubleVector right = load((last2 + at) & ADDRESS).sub(middle).mul(w2);
      left = load((last1 + at) & ADDRESS).sub(middle).fma(w1, left);
      right = load((last3 + at) & ADDRESS).sub(middle).fma(w3, right);
      store(left.add(right), to);
    }
    if (MASKS && j < n) {
      long at = 8L * j;
      long to = (sum + at) & ADDRESS;
      VectorMask<Double> rest = S.indexInRange(j, n);
      DoubleVector middle = load((center + at) & ADDRESS, rest);
      DoubleVector along = load((v + at) & ADDRESS, rest);
      s0 = load((next + at) & ADDRESS, rest).sub(middle).fma(along, s0);
      s1 = load((next1 + at) & ADDRESS, rest).sub(middle).fma(along, s1);
      s2 = load((next2 + at) & ADDRESS, rest).sub(middle).fma(along, s2);
      s3 = load((next3 + at) & ADDRESS, rest).sub(middle).fma(along, s3);
      DoubleVector left = load((last + at) & ADDRESS, rest).sub(middle).fma(w0, load(to, rest));
      DoubleVector right = load((last2 + at) & ADDRESS, rest).sub(middle).mul(w2);
      left = load((last1 + at) & ADDRESS, rest).sub(middle).fma(w1, left);
      right = load((last3 + at) & ADDRESS, rest).sub(middle).fma(w3, right);
      left.add(right).intoMemorySegment(ALL, to, LITTLE_ENDIAN, rest);
      j = n;
    }
    double d0 = sum(s0);
    double d1 = sum(s1);
    double d2 = sum(s2);
    double d3 = sum(s3);
    for (; j < n; j++) {
      double middle = get(center + 8L * j);
      double along = get(v + 8L * j);
      double total = get(sum + 8L * j);
      for (int r = 0; r < 4; r++) {
        total += get(s + 8L * r) * (get(last + r * stride + 8L * j) - middle);
      }
      set(sum + 8L * j, total);
      d0 += (get(next + 8L * j) - middle) * along;
      d1 += (get(next + stride + 8L * j) - middle) * along;
      d2 += (get(next + 2 * stride + 8L * j) - middle) * along;
      d3 += (get(next + 3 * stride + 8L * j) - middle) * along;
    }
    set(dots, d0);
    set(dots + 8, d1);
    set(dots + 16, d2);
    set(dots + 24, d3);
  }

  @Override
  public void addCentered(double[] s, long[] rows, long center, long y, int n) {
    long a0 = rows[0];
    long a1 = rows[1];
    long a2 = rows[2];
    long a3 = rows[3];
    DoubleVector v0 = DoubleVector.broadcast(S, s[0]);
    DoubleVector v1 = DoubleVector.broadcast(S, s[1]);
    DoubleVector v2 = DoubleVector.broadcast(S, s[2]);
    DoubleVector v3 = DoubleVector.broadcast(S, s[3]);
    int j = 0;
    for (; j <= n - L; j += L) {
      long at = 8L * j;
      DoubleVector mean = load(center + at);
      DoubleVector left = load(a0 + at).sub(mean).fma(v0, load(y + at));
      DoubleVector right = load(a2 + at).sub(mean).mul(v2);
      left = load(a1 + at).sub(mean).fma(v1, left);
      right = load(a3 + at).sub(mean).fma(v3, right);
      store(left.add(right), y + at);
    }
    for (; j < n; j++) {
      long at = 8L * j;
      double mean = get(center + at);
      double sum = 0;
      for (int r = 0; r < 4; r++) {
        sum += s[r] * (get(rows[r] + at) - mean);
      }
      set(y + at, get(y + at) + sum);
    }
  }

  @Override
  public void combine(double alpha, long u, double beta, long v, long out, int n) {
    DoubleVector alphas = DoubleVector.broadcast(S, alpha);
    DoubleVector betas = DoubleVector.broadcast(S, beta);
    int j = 0;
    for (; j <= n - L; j += L) {
      store(load(u + 8L * j).mul(alphas).add(load(v + 8L * j).mul(betas)), out + 8L * j);
    }
    for (; j < n; j++) {
      set(out + 8L * j, alpha * get(u + 8L * j) + beta * get(v + 8L * j));
    }
  }

  @Override
  public void tile(
      int depth, long left, long leftStride, long right, long rightStride, int columns, long out) {
    // Of narrow tiles there are few where fewer rows, or shorter vectors, make tiles small.
    if (tileRows == FEW_ROWS) {
      VectorTiles.tile4(depth, left, leftStride, right, rightStride, out);
    } else if (columns <= L) {
      VectorTiles.tile8x1(depth, left, leftStride, right, rightStride, out);
    } else if (columns <= 2 * L) {
      VectorTiles.tile8x2(depth, left, leftStride, right, rightStride, out);
    } else {
      VectorTiles.tile8(depth, left, leftStride, right, rightStride, out);
    }
  }

  @Override
  public void addTile(double s, long tile, long c, long cStride, int rows, int columns) {
    DoubleVector v = DoubleVector.broadcast(S, s);
    if (columns == TILE_COLUMNS) {
      for (int i = 0; i < rows; i++) {
        long from = tile + 3 * LB * i;
        long to = c + cStride * i;
        store(load(from).fma(v, load(to)), to);
        store(load(from + LB).fma(v, load(to + LB)), to + LB);
        store(load(from + 2 * LB).fma(v, load(to + 2 * LB)), to + 2 * LB);
      }
    } else {
      for (int i = 0; i < rows; i++) {
        addRow(s, tile + 3 * LB * i, c + cStride * i, columns);
      }
    }
  }

  @Override
  public void storeTile(double s, long tile, long c, long cStride, int rows, int columns) {
    DoubleVector v = DoubleVector.broadcast(S, s);
    for (int i = 0; i < rows; i++) {
      long from = tile + 3 * LB * i;
      long to = c + cStride * i;
      if (columns == TILE_COLUMNS) {
        store(load(from).mul(v), to);
        store(load(from + LB).mul(v), to + LB);
        store(load(from + 2 * LB).mul(v), to + 2 * LB);
      } else {
        int j = 0;
        for (; j <= columns - L; j += L) {
          store(load(from + 8L * j).mul(v), to + 8L * j);
        }
        for (; j < columns; j++) {
          set(to + 8L * j, s * get(from + 8L * j));
        }
      }
    }
  }

  @Override
  public int sumWidth(int columns) {
    return columns > 7 * L ? 8 * L : columns > 2 * L ? 4 * L : L;
  }

  @Override
  public void sumRows(long s, long index, int count, long rows, int width, long out) {
    switch (width / L) {
      case 8 -> VectorTiles.sumRows8(s, index, count, rows, out);
      case 4 -> VectorTiles.sumRows4(s, index, count, rows, out);
      default -> VectorTiles.sumRows1(s, index, count, rows, out);
    }
  }

  @Override
  public void packCentered(
      long row, double s, long center, int columns, long x, long panelStride, int width) {
    DoubleVector scale = DoubleVector.broadcast(S, s);
    long to = x;
    for (int first = 0; first < columns; first += width, to += panelStride) {
      long from = row + 8L * first;
      long middle = center + 8L * first;
      int end = Math.min(width, columns - first);
      int j = 0;
      for (; j <= end - L; j += L) {
        store(load(from + 8L * j).sub(load(middle + 8L * j)).mul(scale), to + 8L * j);
      }
      for (; j < end; j++) {
        set(to + 8L * j, s * (get(from + 8L * j) - get(middle + 8L * j)));
      }
      for (; j < width; j++) {
        set(to + 8L * j, 0);
      }
    }
  }

  @Override
  public void range(long z, int n, double[] out) {
    DoubleVector high = DoubleVector.broadcast(S, Double.NEGATIVE_INFINITY);
    DoubleVector low = DoubleVector.broadcast(S, Double.POSITIVE_INFINITY);
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector v = load(z + 8L * i);
      high = high.max(v);
      low = low.min(v);
    }
    double max = high.reduceLanes(VectorOperators.MAX);
    double min = low.reduceLanes(VectorOperators.MIN);
    for (; i < n; i++) {
      double value = get(z + 8L * i);
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
  public double exp(long z, double shift, long f, int n) {
    DoubleVector sum = DoubleVector.zero(S);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    LongVector roundBits = round.reinterpretAsLongs();
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector x = load(z + 8L * i).sub(shift).max(EXP_LOW).min(EXP_HIGH);
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
      store(e, f + 8L * i);
      sum = sum.add(e);
    }
    double total = sum(sum);
    for (; i < n; i++) {
      double e = Math.exp(get(z + 8L * i) - shift);
      set(f + 8L * i, e);
      total += e;
    }
    return total;
  }

  /** 2^n for -1023 &lt; n &lt;= 1023, by its exponent bits. */
  private static DoubleVector powerOfTwo(LongVector n) {
    return n.add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
  }

  @Override
  public void residual(long f, double scale, long b, long gz, int n, double[] out) {
    DoubleVector scales = DoubleVector.broadcast(S, scale);
    DoubleVector cc = DoubleVector.zero(S);
    DoubleVector fc = cc;
    DoubleVector ff = cc;
    DoubleVector fcfc = cc;
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector v = load(f + 8L * i).mul(scales);
      DoubleVector c = v.sub(load(b + 8L * i));
      DoubleVector g = v.mul(c);
      store(v, f + 8L * i);
      store(g, gz + 8L * i);
      cc = c.fma(c, cc);
      fc = fc.add(g);
      ff = v.fma(v, ff);
      fcfc = g.fma(g, fcfc);
    }
    out[0] = sum(cc);
    out[1] = sum(fc);
    out[2] = sum(ff);
    out[3] = sum(fcfc);
    for (; i < n; i++) {
      double v = get(f + 8L * i) * scale;
      double c = v - get(b + 8L * i);
      double g = v * c;
      set(f + 8L * i, v);
      set(gz + 8L * i, g);
      out[0] += c * c;
      out[1] += g;
      out[2] += v * v;
      out[3] += g * g;
    }
  }

  @Override
  public double squaredError(long f, double scale, long b, int n) {
    DoubleVector scales = DoubleVector.broadcast(S, scale);
    DoubleVector s0 = DoubleVector.zero(S);
    DoubleVector s1 = s0;
    int i = 0;
    for (; i <= n - 2 * L; i += 2 * L) {
      DoubleVector c0 = load(f + 8L * i).mul(scales).sub(load(b + 8L * i));
      DoubleVector c1 = load(f + 8L * i + LB).mul(scales).sub(load(b + 8L * i + LB));
      s0 = c0.fma(c0, s0);
      s1 = c1.fma(c1, s1);
    }
    double sum = sum(s0.add(s1));
    for (; i < n; i++) {
      double c = get(f + 8L * i) * scale - get(b + 8L * i);
      sum += c * c;
    }
    return sum;
  }

  @Override
  public double weightedSquares(long w, long z, int n) {
    DoubleVector s = DoubleVector.zero(S);
    int i = 0;
    for (; i <= n - L; i += L) {
      DoubleVector v = load(z + 8L * i);
      s = v.mul(v).fma(load(w + 8L * i), s);
    }
    double sum = sum(s);
    for (; i < n; i++) {
      double v = get(z + 8L * i);
      sum += get(w + 8L * i) * v * v;
    }
    return sum;
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

  private static DoubleVector load(long address) {
    return DoubleVector.fromMemorySegment(S, ALL, address, LITTLE_ENDIAN);
  }

  private static DoubleVector load(long address, VectorMask<Double> mask) {
    return DoubleVector.fromMemorySegment(S, ALL, address, LITTLE_ENDIAN, mask);
  }

  private static void store(DoubleVector v, long address) {
    v.intoMemorySegment(ALL, address, LITTLE_ENDIAN);
  }
}
