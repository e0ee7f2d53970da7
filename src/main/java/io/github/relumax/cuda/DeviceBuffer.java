package io.github.relumax.cuda;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.matrix.ElementType;

/** A buffer in device memory. */
final class DeviceBuffer implements Buffer {
  private final CudaContext context;
  private final long rows;
  private final long columns;
  private final ElementType type;
  private final long address;

  /** The buffer whose memory this is a view of; itself where it owns the memory. */
  private final DeviceBuffer owner;

  private boolean closed;

  /**
   * A buffer that owns its memory.
   *
   * @param address of memory from {@link CudaContext#allocate}
   */
  DeviceBuffer(CudaContext context, long rows, long columns, ElementType type, long address) {
    this.context = context;
    this.rows = rows;
    this.columns = columns;
    this.type = type;
    this.address = address;
    owner = this;
  }

  private DeviceBuffer(DeviceBuffer of, long rows, long columns, long address) {
    context = of.context;
    this.rows = rows;
    this.columns = columns;
    type = of.type;
    this.address = address;
    owner = of.owner;
  }

  /**
   * Where the first entry lies on the device.
   *
   * @throws IllegalStateException if the memory was given back
   */
  long address() {
    if (owner.closed) {
      throw new IllegalStateException("the buffer is closed");
    }
    return address;
  }

  /** Where the first entry of a buffer of this backend lies. */
  static long address(Buffer buffer) {
    return ((DeviceBuffer) buffer).address();
  }

  /** Where its row i begins. */
  static long address(Buffer buffer, long i) {
    return address(buffer) + i * buffer.columns() * buffer.type().bytes();
  }

  /** The same for a buffer that may be null, which is 0 to a kernel. */
  static long optional(Buffer buffer) {
    return buffer == null ? 0 : address(buffer);
  }

  long size() {
    return rows * columns;
  }

  long bytes() {
    return size() * type.bytes();
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
    return new DeviceBuffer(this, count, columns, address + first * columns * type.bytes());
  }

  @Override
  public Buffer reshaped(long rows, long columns) {
    Shapes.requireRoom(this, rows, columns);
    return new DeviceBuffer(this, rows, columns, address);
  }

  @Override
  public void close() {
    if (owner == this && !closed) {
      closed = true;
      context.free(address);
    }
  }
}
