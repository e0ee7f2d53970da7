package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;
import static io.github.relumax.cpu.RawMemory.ALL;
import static io.github.relumax.cpu.RawMemory.I32;
import static io.github.relumax.matrix.Matrix.F64;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorKernels} whose sums take all registers. A vector that is spilled costs
 * a third of the speed, so three things are as they are. Methods of the JDK are called directly:
 * the JIT stops inlining helpers once a method has grown large, but not those that are marked for
 * it. Loops end where an address is reached: one that the JIT can count it would unroll. And where
 * entries of left are read through p, a check of bounds keeps the JIT from reading what comes after
 * it before, in more registers than there are; tile4 has none to spare, tile8 two.
 */
final class VectorTiles {
  private static final VectorSpecies<Double> S = DoubleVector.SPECIES_PREFERRED;
  private static final long LB = 8L * S.length();

  private VectorTiles() {}

  /** {@link Kernels#tile} for 4 rows. */
  static void tile4(int depth, long left, long leftStride, long right, long rightStride, long out) {
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
    long p = left;
    long q = right & ADDRESS;
    long end = left + depth * leftStride;
    while (p != end) {
      DoubleVector r0 = DoubleVector.fromMemorySegment(S, ALL, q, LITTLE_ENDIAN);
      DoubleVector r1 = DoubleVector.fromMemorySegment(S, ALL, q + LB, LITTLE_ENDIAN);
      DoubleVector r2 = DoubleVector.fromMemorySegment(S, ALL, q + 2 * LB, LITTLE_ENDIAN);
      DoubleVector l = DoubleVector.broadcast(S, ALL.get(F64, p));
      c00 = l.fma(r0, c00);
      c01 = l.fma(r1, c01);
      c02 = l.fma(r2, c02);
      l = DoubleVector.broadcast(S, ALL.get(F64, p + 8));
      c10 = l.fma(r0, c10);
      c11 = l.fma(r1, c11);
      c12 = l.fma(r2, c12);
      l = DoubleVector.broadcast(S, ALL.get(F64, p + 16));
      c20 = l.fma(r0, c20);
      c21 = l.fma(r1, c21);
      c22 = l.fma(r2, c22);
      l = DoubleVector.broadcast(S, ALL.get(F64, p + 24));
      c30 = l.fma(r0, c30);
      c31 = l.fma(r1, c31);
      c32 = l.fma(r2, c32);
      p += leftStride;
      q = (q + rightStride) & ADDRESS;
    }
    c00.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c01.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c02.intoMemorySegment(ALL, out + 2 * LB, LITTLE_ENDIAN);
    c10.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c11.intoMemorySegment(ALL, out + 4 * LB, LITTLE_ENDIAN);
    c12.intoMemorySegment(ALL, out + 5 * LB, LITTLE_ENDIAN);
    c20.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c21.intoMemorySegment(ALL, out + 7 * LB, LITTLE_ENDIAN);
    c22.intoMemorySegment(ALL, out + 8 * LB, LITTLE_ENDIAN);
    c30.intoMemorySegment(ALL, out + 9 * LB, LITTLE_ENDIAN);
    c31.intoMemorySegment(ALL, out + 10 * LB, LITTLE_ENDIAN);
    c32.intoMemorySegment(ALL, out + 11 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#tile} for 8 rows. */
  static void tile8(int depth, long left, long leftStride, long right, long rightStride, long out) {
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
    DoubleVector c40 = c00;
    DoubleVector c41 = c00;
    DoubleVector c42 = c00;
    DoubleVector c50 = c00;
    DoubleVector c51 = c00;
    DoubleVector c52 = c00;
    DoubleVector c60 = c00;
    DoubleVector c61 = c00;
    DoubleVector c62 = c00;
    DoubleVector c70 = c00;
    DoubleVector c71 = c00;
    DoubleVector c72 = c00;
    long p = left;
    long q = right & ADDRESS;
    long end = left + depth * leftStride;
    while (p != end) {
      long s = p & ADDRESS;
      DoubleVector r0 = DoubleVector.fromMemorySegment(S, ALL, q, LITTLE_ENDIAN);
      DoubleVector r1 = DoubleVector.fromMemorySegment(S, ALL, q + LB, LITTLE_ENDIAN);
      DoubleVector r2 = DoubleVector.fromMemorySegment(S, ALL, q + 2 * LB, LITTLE_ENDIAN);
      DoubleVector l = DoubleVector.broadcast(S, ALL.get(F64, s));
      c00 = l.fma(r0, c00);
      c01 = l.fma(r1, c01);
      c02 = l.fma(r2, c02);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 8));
      c10 = l.fma(r0, c10);
      c11 = l.fma(r1, c11);
      c12 = l.fma(r2, c12);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 16));
      c20 = l.fma(r0, c20);
      c21 = l.fma(r1, c21);
      c22 = l.fma(r2, c22);
      l = DoubleVector.broadcast(S, ALL.get(F64, p + 24));
      c30 = l.fma(r0, c30);
      c31 = l.fma(r1, c31);
      c32 = l.fma(r2, c32);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 32));
      c40 = l.fma(r0, c40);
      c41 = l.fma(r1, c41);
      c42 = l.fma(r2, c42);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 40));
      c50 = l.fma(r0, c50);
      c51 = l.fma(r1, c51);
      c52 = l.fma(r2, c52);
      l = DoubleVector.broadcast(S, ALL.get(F64, p + 48));
      c60 = l.fma(r0, c60);
      c61 = l.fma(r1, c61);
      c62 = l.fma(r2, c62);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 56));
      c70 = l.fma(r0, c70);
      c71 = l.fma(r1, c71);
      c72 = l.fma(r2, c72);
      p += leftStride;
      q = (q + rightStride) & ADDRESS;
    }
    c00.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c01.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c02.intoMemorySegment(ALL, out + 2 * LB, LITTLE_ENDIAN);
    c10.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c11.intoMemorySegment(ALL, out + 4 * LB, LITTLE_ENDIAN);
    c12.intoMemorySegment(ALL, out + 5 * LB, LITTLE_ENDIAN);
    c20.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c21.intoMemorySegment(ALL, out + 7 * LB, LITTLE_ENDIAN);
    c22.intoMemorySegment(ALL, out + 8 * LB, LITTLE_ENDIAN);
    c30.intoMemorySegment(ALL, out + 9 * LB, LITTLE_ENDIAN);
    c31.intoMemorySegment(ALL, out + 10 * LB, LITTLE_ENDIAN);
    c32.intoMemorySegment(ALL, out + 11 * LB, LITTLE_ENDIAN);
    c40.intoMemorySegment(ALL, out + 12 * LB, LITTLE_ENDIAN);
    c41.intoMemorySegment(ALL, out + 13 * LB, LITTLE_ENDIAN);
    c42.intoMemorySegment(ALL, out + 14 * LB, LITTLE_ENDIAN);
    c50.intoMemorySegment(ALL, out + 15 * LB, LITTLE_ENDIAN);
    c51.intoMemorySegment(ALL, out + 16 * LB, LITTLE_ENDIAN);
    c52.intoMemorySegment(ALL, out + 17 * LB, LITTLE_ENDIAN);
    c60.intoMemorySegment(ALL, out + 18 * LB, LITTLE_ENDIAN);
    c61.intoMemorySegment(ALL, out + 19 * LB, LITTLE_ENDIAN);
    c62.intoMemorySegment(ALL, out + 20 * LB, LITTLE_ENDIAN);
    c70.intoMemorySegment(ALL, out + 21 * LB, LITTLE_ENDIAN);
    c71.intoMemorySegment(ALL, out + 22 * LB, LITTLE_ENDIAN);
    c72.intoMemorySegment(ALL, out + 23 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#tile} for 8 rows and two vectors of columns. */
  static void tile8x2(
      int depth, long left, long leftStride, long right, long rightStride, long out) {
    DoubleVector c00 = DoubleVector.zero(S);
    DoubleVector c01 = c00;
    DoubleVector c10 = c00;
    DoubleVector c11 = c00;
    DoubleVector c20 = c00;
    DoubleVector c21 = c00;
    DoubleVector c30 = c00;
    DoubleVector c31 = c00;
    DoubleVector c40 = c00;
    DoubleVector c41 = c00;
    DoubleVector c50 = c00;
    DoubleVector c51 = c00;
    DoubleVector c60 = c00;
    DoubleVector c61 = c00;
    DoubleVector c70 = c00;
    DoubleVector c71 = c00;
    long p = left;
    long q = right & ADDRESS;
    long end = left + depth * leftStride;
    while (p != end) {
      long s = p & ADDRESS;
      DoubleVector r0 = DoubleVector.fromMemorySegment(S, ALL, q, LITTLE_ENDIAN);
      DoubleVector r1 = DoubleVector.fromMemorySegment(S, ALL, q + LB, LITTLE_ENDIAN);
      DoubleVector l = DoubleVector.broadcast(S, ALL.get(F64, s));
      c00 = l.fma(r0, c00);
      c01 = l.fma(r1, c01);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 8));
      c10 = l.fma(r0, c10);
      c11 = l.fma(r1, c11);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 16));
      c20 = l.fma(r0, c20);
      c21 = l.fma(r1, c21);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 24));
      c30 = l.fma(r0, c30);
      c31 = l.fma(r1, c31);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 32));
      c40 = l.fma(r0, c40);
      c41 = l.fma(r1, c41);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 40));
      c50 = l.fma(r0, c50);
      c51 = l.fma(r1, c51);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 48));
      c60 = l.fma(r0, c60);
      c61 = l.fma(r1, c61);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 56));
      c70 = l.fma(r0, c70);
      c71 = l.fma(r1, c71);
      p += leftStride;
      q = (q + rightStride) & ADDRESS;
    }
    c00.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c01.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c10.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c11.intoMemorySegment(ALL, out + 4 * LB, LITTLE_ENDIAN);
    c20.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c21.intoMemorySegment(ALL, out + 7 * LB, LITTLE_ENDIAN);
    c30.intoMemorySegment(ALL, out + 9 * LB, LITTLE_ENDIAN);
    c31.intoMemorySegment(ALL, out + 10 * LB, LITTLE_ENDIAN);
    c40.intoMemorySegment(ALL, out + 12 * LB, LITTLE_ENDIAN);
    c41.intoMemorySegment(ALL, out + 13 * LB, LITTLE_ENDIAN);
    c50.intoMemorySegment(ALL, out + 15 * LB, LITTLE_ENDIAN);
    c51.intoMemorySegment(ALL, out + 16 * LB, LITTLE_ENDIAN);
    c60.intoMemorySegment(ALL, out + 18 * LB, LITTLE_ENDIAN);
    c61.intoMemorySegment(ALL, out + 19 * LB, LITTLE_ENDIAN);
    c70.intoMemorySegment(ALL, out + 21 * LB, LITTLE_ENDIAN);
    c71.intoMemorySegment(ALL, out + 22 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#tile} for 8 rows and one vector of columns. */
  static void tile8x1(
      int depth, long left, long leftStride, long right, long rightStride, long out) {
    DoubleVector c00 = DoubleVector.zero(S);
    DoubleVector c10 = c00;
    DoubleVector c20 = c00;
    DoubleVector c30 = c00;
    DoubleVector c40 = c00;
    DoubleVector c50 = c00;
    DoubleVector c60 = c00;
    DoubleVector c70 = c00;
    long p = left;
    long q = right & ADDRESS;
    long end = left + depth * leftStride;
    while (p != end) {
      long s = p & ADDRESS;
      DoubleVector r0 = DoubleVector.fromMemorySegment(S, ALL, q, LITTLE_ENDIAN);
      DoubleVector l = DoubleVector.broadcast(S, ALL.get(F64, s));
      c00 = l.fma(r0, c00);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 8));
      c10 = l.fma(r0, c10);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 16));
      c20 = l.fma(r0, c20);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 24));
      c30 = l.fma(r0, c30);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 32));
      c40 = l.fma(r0, c40);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 40));
      c50 = l.fma(r0, c50);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 48));
      c60 = l.fma(r0, c60);
      l = DoubleVector.broadcast(S, ALL.get(F64, s + 56));
      c70 = l.fma(r0, c70);
      p += leftStride;
      q = (q + rightStride) & ADDRESS;
    }
    c00.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c10.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c20.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c30.intoMemorySegment(ALL, out + 9 * LB, LITTLE_ENDIAN);
    c40.intoMemorySegment(ALL, out + 12 * LB, LITTLE_ENDIAN);
    c50.intoMemorySegment(ALL, out + 15 * LB, LITTLE_ENDIAN);
    c60.intoMemorySegment(ALL, out + 18 * LB, LITTLE_ENDIAN);
    c70.intoMemorySegment(ALL, out + 21 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#dotBlock}. */
  static void dotBlock(long a, long aStride, long x, int n, long out) {
    DoubleVector c00 = DoubleVector.zero(S);
    DoubleVector c01 = c00;
    DoubleVector c10 = c00;
    DoubleVector c11 = c00;
    DoubleVector c20 = c00;
    DoubleVector c21 = c00;
    DoubleVector c30 = c00;
    DoubleVector c31 = c00;
    long p = a;
    long q = x & ADDRESS;
    long end = a + 8L * n;
    while (p != end) {
      DoubleVector r0 = DoubleVector.fromMemorySegment(S, ALL, q, LITTLE_ENDIAN);
      DoubleVector r1 = DoubleVector.fromMemorySegment(S, ALL, q + LB, LITTLE_ENDIAN);
      DoubleVector l = DoubleVector.broadcast(S, ALL.get(F64, p & ADDRESS));
      c00 = l.fma(r0, c00);
      c01 = l.fma(r1, c01);
      l = DoubleVector.broadcast(S, ALL.get(F64, (p + aStride) & ADDRESS));
      c10 = l.fma(r0, c10);
      c11 = l.fma(r1, c11);
      l = DoubleVector.broadcast(S, ALL.get(F64, (p + 2 * aStride) & ADDRESS));
      c20 = l.fma(r0, c20);
      c21 = l.fma(r1, c21);
      l = DoubleVector.broadcast(S, ALL.get(F64, (p + 3 * aStride) & ADDRESS));
      c30 = l.fma(r0, c30);
      c31 = l.fma(r1, c31);
      p += 8;
      q = (q + 2 * LB) & ADDRESS;
    }
    c00.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c01.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c10.intoMemorySegment(ALL, out + 2 * LB, LITTLE_ENDIAN);
    c11.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c20.intoMemorySegment(ALL, out + 4 * LB, LITTLE_ENDIAN);
    c21.intoMemorySegment(ALL, out + 5 * LB, LITTLE_ENDIAN);
    c30.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c31.intoMemorySegment(ALL, out + 7 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#sumRows} for rows of eight vectors. */
  static void sumRows8(long s, long index, int count, long rows, long out) {
    DoubleVector c0 = DoubleVector.zero(S);
    DoubleVector c1 = c0;
    DoubleVector c2 = c0;
    DoubleVector c3 = c0;
    DoubleVector c4 = c0;
    DoubleVector c5 = c0;
    DoubleVector c6 = c0;
    DoubleVector c7 = c0;
    long p = s;
    long q = index;
    long end = s + 8L * count;
    while (p != end) {
      long row = (rows + 8 * LB * ALL.get(I32, q)) & ADDRESS;
      DoubleVector v = DoubleVector.broadcast(S, ALL.get(F64, p));
      c0 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row, LITTLE_ENDIAN), c0);
      c1 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + LB, LITTLE_ENDIAN), c1);
      c2 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 2 * LB, LITTLE_ENDIAN), c2);
      c3 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 3 * LB, LITTLE_ENDIAN), c3);
      c4 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 4 * LB, LITTLE_ENDIAN), c4);
      c5 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 5 * LB, LITTLE_ENDIAN), c5);
      c6 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 6 * LB, LITTLE_ENDIAN), c6);
      c7 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 7 * LB, LITTLE_ENDIAN), c7);
      p += 8;
      q += 4;
    }
    c0.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c1.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c2.intoMemorySegment(ALL, out + 2 * LB, LITTLE_ENDIAN);
    c3.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
    c4.intoMemorySegment(ALL, out + 4 * LB, LITTLE_ENDIAN);
    c5.intoMemorySegment(ALL, out + 5 * LB, LITTLE_ENDIAN);
    c6.intoMemorySegment(ALL, out + 6 * LB, LITTLE_ENDIAN);
    c7.intoMemorySegment(ALL, out + 7 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#sumRows} for rows of four. */
  static void sumRows4(long s, long index, int count, long rows, long out) {
    DoubleVector c0 = DoubleVector.zero(S);
    DoubleVector c1 = c0;
    DoubleVector c2 = c0;
    DoubleVector c3 = c0;
    long p = s;
    long q = index;
    long end = s + 8L * count;
    while (p != end) {
      long row = (rows + 4 * LB * ALL.get(I32, q)) & ADDRESS;
      DoubleVector v = DoubleVector.broadcast(S, ALL.get(F64, p));
      c0 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row, LITTLE_ENDIAN), c0);
      c1 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + LB, LITTLE_ENDIAN), c1);
      c2 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 2 * LB, LITTLE_ENDIAN), c2);
      c3 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row + 3 * LB, LITTLE_ENDIAN), c3);
      p += 8;
      q += 4;
    }
    c0.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
    c1.intoMemorySegment(ALL, out + LB, LITTLE_ENDIAN);
    c2.intoMemorySegment(ALL, out + 2 * LB, LITTLE_ENDIAN);
    c3.intoMemorySegment(ALL, out + 3 * LB, LITTLE_ENDIAN);
  }

  /** {@link Kernels#sumRows} for rows of one. */
  static void sumRows1(long s, long index, int count, long rows, long out) {
    DoubleVector c0 = DoubleVector.zero(S);
    long p = s;
    long q = index;
    long end = s + 8L * count;
    while (p != end) {
      long row = (rows + 1 * LB * ALL.get(I32, q)) & ADDRESS;
      DoubleVector v = DoubleVector.broadcast(S, ALL.get(F64, p));
      c0 = v.fma(DoubleVector.fromMemorySegment(S, ALL, row, LITTLE_ENDIAN), c0);
      p += 8;
      q += 4;
    }
    c0.intoMemorySegment(ALL, out, LITTLE_ENDIAN);
  }
}
