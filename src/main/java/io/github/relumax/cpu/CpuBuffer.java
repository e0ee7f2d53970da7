package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A buffer in main memory: all entries, row after row, but for a {@link SparseMatrix}. */
sealed class CpuBuffer implements Buffer permits SparseMatrix {
  private final long rows;
  private final long columns;
  private final ElementType type;
  private final MemorySegment segment;

  /** Owns the memory; null for views and for matrices that the caller owns. */
  private final Arena arena;

  /** Whether it is all of a matrix that was uploaded, which does not change. */
  private final boolean constant;

  CpuBuffer(long rows, long columns, ElementType type, MemorySegment segment, Arena arena) {
    this(rows, columns, type, segment, arena, false);
  }

  private CpuBuffer(
      long rows,
      long columns,
      ElementType type,
      MemorySegment segment,
      Arena arena,
      boolean constant) {
    this.rows = rows;
    this.columns = columns;
    this.type = type;
    this.segment = segment;
    this.arena = arena;
    this.constant = constant;
  }

  static CpuBuffer view(Matrix matrix) {
    return new CpuBuffer(
        matrix.rows(), matrix.columns(), matrix.type(), matrix.segment(), null, true);
  }

  static CpuBuffer allocate(long rows, long columns) {
    Arena arena = Arena.ofShared();
    try {
      Matrix matrix =
          OffHeap.allocateUntouched(rows, columns, ElementType.FLOAT64, arena, "workspace");
      return new CpuBuffer(rows, columns, ElementType.FLOAT64, matrix.segment(), arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  boolean isConstant() {
    return constant;
  }

  MemorySegment segment() {
    return segment;
  }

  /**
   * Where the first entry lies in {@link RawMemory}.
   *
   * @throws IllegalStateException if the buffer, or the matrix it views, was closed
   */
  long address() {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the buffer is closed");
    }
    return segment.address();
  }

  /** Where the first entry of row i lies. */
  long address(long i) {
    return address() + i * stride();
  }

  /** Where entry j of row i lies. */
  long address(long i, long j) {
    return address(i) + j * type.bytes();
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
    Shapes.requireRows(this, first, count);
    if (constant && count == rows) {
      // Closing it does nothing, and what is kept of a matrix (ColumnCache) is kept by its buffer.
      return this;
    }
    MemorySegment part = segment.asSlice(first * stride(), count * stride());
    return new CpuBuffer(count, columns, type, part, null);
  }

  @Override
  public Buffer reshaped(long rows, long columns) {
    Shapes.requireRoom(this, rows, columns);
    MemorySegment part = segment().asSlice(0, rows * columns * type.bytes());
    return new CpuBuffer(rows, columns, type, part, null);
  }

  @Override
  public void close() {
    if (arena != null && arena.scope().isAlive()) {
      arena.close();
    }
  }
}
