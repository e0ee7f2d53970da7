package io.github.relumax.io;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/**
 * Brings entries of other byte orders and of Fortran order into a matrix. Entries move as bits,
 * unchanged.
 */
final class NpyLayout {
  /** Rows that one task converts: 512 float64 of one column are a page of the file. */
  private static final int BAND = 512;

  /** Columns of a tile: with a band's rows, source and target fit the cache together. */
  private static final int TILE = 16;

  private NpyLayout() {}

  /** Copies big-endian entries in C order. */
  static void swapBytes(MemorySegment source, Matrix target) {
    long size = target.rows() * target.columns();
    long step = 1 << 16;
    LongStream.range(0, Math.ceilDiv(size, step))
        .parallel()
        .forEach(block -> {
          long at = block * step * target.type().bytes();
          MemorySegment.copy(
              source,
              layout(target.type(), ByteOrder.BIG_ENDIAN),
              at,
              target.segment(),
              layout(target.type(), ByteOrder.LITTLE_ENDIAN),
              at,
              Math.min(step, size - block * step));
        });
  }

  /** Copies entries in Fortran order: entry (i, j) is number j * rows + i of the source. */
  static void transpose(MemorySegment source, ByteOrder order, Matrix target) {
    LongStream.range(0, Math.ceilDiv(target.rows(), (long) BAND))
        .parallel()
        .forEach(band -> transposeBand(source, order, target, band * BAND));
  }

  private static void transposeBand(
      MemorySegment source, ByteOrder order, Matrix target, long fromRow) {
    long toRow = Math.min(fromRow + BAND, target.rows());
    for (long from = 0; from < target.columns(); from += TILE) {
      long to = Math.min(from + TILE, target.columns());
      if (target.type() == ElementType.FLOAT64) {
        transposeTile64(source, order, target, fromRow, toRow, from, to);
      } else {
        transposeTile32(source, order, target, fromRow, toRow, from, to);
      }
    }
  }

  private static void transposeTile64(
      MemorySegment source,
      ByteOrder order,
      Matrix target,
      long fromRow,
      long toRow,
      long fromColumn,
      long toColumn) {
    ValueLayout.OfLong from = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order);
    ValueLayout.OfLong to = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    for (long j = fromColumn; j < toColumn; j++) {
      for (long i = fromRow; i < toRow; i++) {
        long entry = source.get(from, 8 * (j * target.rows() + i));
        target.segment().set(to, 8 * (i * target.columns() + j), entry);
      }
    }
  }

  private static void transposeTile32(
      MemorySegment source,
      ByteOrder order,
      Matrix target,
      long fromRow,
      long toRow,
      long fromColumn,
      long toColumn) {
    ValueLayout.OfInt from = ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
    ValueLayout.OfInt to = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    for (long j = fromColumn; j < toColumn; j++) {
      for (long i = fromRow; i < toRow; i++) {
        int entry = source.get(from, 4 * (j * target.rows() + i));
        target.segment().set(to, 4 * (i * target.columns() + j), entry);
      }
    }
  }

  private static ValueLayout layout(ElementType type, ByteOrder order) {
    return type == ElementType.FLOAT64
        ? ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order)
        : ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
  }
}
