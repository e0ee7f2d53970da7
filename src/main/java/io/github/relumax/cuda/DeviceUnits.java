package io.github.relumax.cuda;

import io.github.relumax.backend.Units;

/** Unit indices in ascending order, each with sign +1 or -1, in device memory. */
final class DeviceUnits implements Units {
  private final CudaContext context;
  private final int capacity;
  private final long memory;
  private int count;
  private boolean closed;

  DeviceUnits(CudaContext context, int capacity) {
    this.context = context;
    this.capacity = capacity;
    memory = context.allocate(bytes(capacity), "a list of " + capacity + " units");
  }

  /** The indices (long), the signs (double), and the length (long). */
  private static long bytes(int capacity) {
    return 16L * capacity + 8;
  }

  /** Address of the indices, 8 bytes each. */
  long index() {
    if (closed) {
      throw new IllegalStateException("the list of units is closed");
    }
    return memory;
  }

  /** Address of the signs, as float64. */
  long sign() {
    return index() + 8L * capacity;
  }

  /** Address of the length, 8 bytes. */
  long length() {
    return index() + 16L * capacity;
  }

  int capacity() {
    return capacity;
  }

  void count(long length) {
    count = Math.toIntExact(length);
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.free(memory);
    }
  }
}
