package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import io.github.relumax.matrix.Workspace;
import java.lang.foreign.MemorySegment;

/** A buffer in main memory: all entries, row after row, but for a {@link SparseMatrix}. */
sealed class CpuBuffer implements Buffer permits SparseMatrix {
  private final long rows;
  private final long columns;
  private final ElementType type;
  private final MemorySegment segment;

  /** What the segment is of; null where the caller of this backend owns the matrix. */
  private final Workspace memory;

  private final Role role;

  /** What a buffer is to its memory. */
  enum Role {
    /** Closing it gives the memory back. */
    OWNER,
    /** It looks at what another buffer owns. */
    VIEW,
    /** It looks at all of a matrix that was uploaded, which does not change. */
    CONSTANT
  }

  CpuBuffer(long rows, long columns, Workspace memory, Role role) {
    this(rows, columns, ElementType.FLOAT64, memory.memory(), memory, role);
  }

  private CpuBuffer(
      long rows,
      long columns,
      ElementType type,
      MemorySegment segment,
      Workspace memory,
      Role role) {
    this.rows = rows;
    this.columns = columns;
    this.type = type;
    this.segment = segment;
    this.memory = memory;
    this.role = role;
  }

  static CpuBuffer view(Matrix matrix) {
    return new CpuBuffer(
        matrix.rows(), matrix.columns(), matrix.type(), matrix.segment(), null, Role.CONSTANT);
  }

  static CpuBuffer allocate(long rows, long columns) {
    return new CpuBuffer(rows, columns, OffHeap.workspace(rows, columns, "workspace"), Role.OWNER);
  }

  boolean isConstant() {
    return role == Role.CONSTANT;
  }

  /**
   * @throws IllegalStateException if the buffer, or the matrix it views, was closed
   */
  final void requireOpen() {
    if (memory != null) {
      memory.requireOpen();
    } else if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the buffer is closed");
    }
  }

  /**
   * The entries.
   *
   * @throws IllegalStateException if the buffer, or the matrix it views, was closed
   */
  MemorySegment segment() {
    requireOpen();
    return segment;
  }

  /**
   * Where the first entry lies in {@link RawMemory}.
   *
   * @throws IllegalStateException if the buffer, or the matrix it views, was closed
   */
  long address() {
    requireOpen();
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
    if (isConstant() && count == rows) {
      // Closing it does nothing, and what is kept of a matrix (ColumnCache) is kept by its buffer.
      return this;
    }
    MemorySegment part = segment.asSlice(first * stride(), count * stride());
    return new CpuBuffer(count, columns, type, part, memory, Role.VIEW);
  }

  @Override
  public Buffer reshaped(long rows, long columns) {
    Shapes.requireRoom(this, rows, columns);
    MemorySegment part = segment().asSlice(0, rows * columns * type.bytes());
    return new CpuBuffer(rows, columns, type, part, memory, Role.VIEW);
  }

  @Override
  public void close() {
    if (role == Role.OWNER) {
      memory.close();
    }
  }
}
