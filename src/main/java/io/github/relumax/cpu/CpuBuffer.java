package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.InsufficientMemoryException;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A buffer in main memory. */
final class CpuBuffer implements Buffer {
  private final long rows;
  private final long columns;
  private final ElementType type;
  private final MemorySegment segment;

  /** Owns the memory; null for views and for matrices that the caller owns. */
  private final Arena arena;

  private CpuBuffer(long rows, long columns, ElementType type, MemorySegment segment, Arena arena) {
    this.rows = rows;
    this.columns = columns;
    this.type = type;
    this.segment = segment;
    this.arena = arena;
  }

  static CpuBuffer view(Matrix matrix) {
    return new CpuBuffer(matrix.rows(), matrix.columns(), matrix.type(), matrix.segment(), null);
  }

  static CpuBuffer allocate(long rows, long columns) {
    long bytes = Matrix.bytes(rows, columns, ElementType.FLOAT64);
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = arena.allocate(bytes, 64);
      return new CpuBuffer(rows, columns, ElementType.FLOAT64, segment, arena);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new InsufficientMemoryException(
          ("%d x %d float64 needs %,d bytes outside the Java heap and the JVM refused them (%s);"
                  + " raise -XX:MaxDirectMemorySize or use a smaller problem")
              .formatted(rows, columns, bytes, e.getMessage()),
          e);
    }
  }

  MemorySegment segment() {
    return segment;
  }

  /** Byte offset of the first entry of row i. */
  long offset(long i) {
    return i * columns * type.bytes();
  }

  long stride() {
    return columns * type.bytes();
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long columns() {
    return columns;
  }

  @Override
  public ElementType type() {
    return type;
  }

  @Override
  public Buffer rows(long first, long count) {
    if (first < 0 || count < 0 || first + count > rows) {
      throw new IllegalArgumentException(
          "rows %d..%d of a buffer of %d".formatted(first, first + count - 1, rows));
    }
    MemorySegment part = segment.asSlice(offset(first), count * stride());
    return new CpuBuffer(count, columns, type, part, null);
  }

  @Override
  public void close() {
    if (arena != null && arena.scope().isAlive()) {
      arena.close();
    }
  }
}
