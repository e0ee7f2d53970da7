package io.github.relumax.model;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/**
 * Finds entries that are NaN or infinite, and counts those that are not zero, at the speed of
 * memory.
 *
 * <p>An entry is not finite exactly when all bits of its exponent are set. Without its sign bit,
 * and with one added to the exponent, such an entry and no other overflows into the sign bit. So a
 * block is clean when the OR over its entries is not negative, a loop without branches that the
 * compiler vectorises. In the same way, all entries but zeros overflow into the sign bit when the
 * largest integer is added to what is left of them.
 */
final class FiniteCheck {
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Entries that one task looks at. */
  private static final int BLOCK = 1 << 17;

  private FiniteCheck() {}

  /**
   * @return how many entries are not zero
   * @throws InvalidInputException naming the first entry, in row-major order, that is not finite
   */
  static long require(Matrix matrix) {
    long size = matrix.rows() * matrix.columns();
    long blocks = Math.ceilDiv(size, (long) BLOCK);
    long nonZeros =
        LongStream.range(0, blocks)
            .parallel()
            .map(block -> check(matrix, block, length(block, size)))
            .reduce(0, FiniteCheck::both);
    if (nonZeros < 0) {
      reject(matrix, block(nonZeros) * BLOCK);
    }
    return nonZeros;
  }

  /** The non-zeros of a block, or {@link #block} of the result where an entry is not finite. */
  private static long check(Matrix matrix, long block, int length) {
    long offset = block * BLOCK * matrix.type().bytes();
    long nonZeros =
        matrix.type() == ElementType.FLOAT64
            ? nonZeros64(matrix.segment(), offset, length)
            : nonZeros32(matrix.segment(), offset, length);
    return nonZeros < 0 ? -1 - block : nonZeros;
  }

  private static long block(long notFinite) {
    return -1 - notFinite;
  }

  /** The sum of two results; of two blocks that are not finite, the first. */
  private static long both(long a, long b) {
    if (a < 0 && b < 0) {
      return Math.max(a, b);
    }
    return a < 0 || b < 0 ? Math.min(a, b) : a + b;
  }

  /** The index of the first entry that is not finite, or -1. */
  static int firstNotFinite(double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }

  private static int length(long block, long size) {
    return (int) Math.min(BLOCK, size - block * BLOCK);
  }

  /** -1 where an entry is not finite. */
  private static long nonZeros64(MemorySegment entries, long offset, int length) {
    long any = 0;
    long count = 0;
    for (int k = 0; k < length; k++) {
      long bits = entries.get(I64, offset + 8L * k) & Long.MAX_VALUE;
      any |= bits + (1L << 52);
      count += (bits + Long.MAX_VALUE) >>> 63;
    }
    return any >= 0 ? count : -1;
  }

  /** The same for float32. */
  private static long nonZeros32(MemorySegment entries, long offset, int length) {
    int any = 0;
    int count = 0;
    for (int k = 0; k < length; k++) {
      int bits = entries.get(I32, offset + 4L * k) & Integer.MAX_VALUE;
      any |= bits + (1 << 23);
      count += (bits + Integer.MAX_VALUE) >>> 31;
    }
    return any >= 0 ? count : -1;
  }

  private static void reject(Matrix matrix, long from) {
    long columns = matrix.columns();
    for (long k = from; ; k++) {
      double value = matrix.get(k / columns, k % columns);
      if (!Double.isFinite(value)) {
        throw new InvalidInputException(
            "%s: entry at row %d, column %d is %s, expected finite numbers only"
                .formatted(matrix.name(), k / columns, k % columns, value));
      }
    }
  }
}
