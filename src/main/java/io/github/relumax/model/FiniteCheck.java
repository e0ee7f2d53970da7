package io.github.relumax.model;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/**
 * Finds entries that are NaN or infinite, at the speed of memory.
 *
 * <p>An entry is not finite exactly when all bits of its exponent are set. Without its sign bit,
 * and with one added to the exponent, such an entry and no other overflows into the sign bit. So a
 * block is clean when the OR over its entries is not negative, a loop without branches that the
 * compiler vectorises.
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
   * @throws InvalidInputException naming the first entry, in row-major order, that is not finite
   */
  static void require(Matrix matrix) {
    long size = matrix.rows() * matrix.columns();
    long blocks = Math.ceilDiv(size, (long) BLOCK);
    LongStream.range(0, blocks)
        .parallel()
        .filter(block -> !isFinite(matrix, block * BLOCK, length(block, size)))
        .findFirst()
        .ifPresent(block -> reject(matrix, block * BLOCK));
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

  private static boolean isFinite(Matrix matrix, long first, int length) {
    return matrix.type() == ElementType.FLOAT64
        ? isFinite64(matrix.segment(), 8 * first, length)
        : isFinite32(matrix.segment(), 4 * first, length);
  }

  private static boolean isFinite64(MemorySegment entries, long offset, int length) {
    long any = 0;
    for (int k = 0; k < length; k++) {
      any |= (entries.get(I64, offset + 8L * k) & Long.MAX_VALUE) + (1L << 52);
    }
    return any >= 0;
  }

  private static boolean isFinite32(MemorySegment entries, long offset, int length) {
    int any = 0;
    for (int k = 0; k < length; k++) {
      any |= (entries.get(I32, offset + 4L * k) & Integer.MAX_VALUE) + (1 << 23);
    }
    return any >= 0;
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
