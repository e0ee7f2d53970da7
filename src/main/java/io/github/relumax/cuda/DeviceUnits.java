package io.github.relumax.cuda;

import io.github.relumax.backend.Units;

/** Indices of units or rows in ascending order, each with sign +1 or -1, in device memory. */
final class DeviceUnits implements Units {
  private final CudaContext context;
  private final int capacity;
  private final long memory;
  private int count;
  private long of;
  private boolean closed;

  DeviceUnits(CudaContext context, int capacity) {
    this.context = context;
    this.capacity = capacity;
    memory = context.allocate(bytes(capacity), "a list of " + capacity + " entries");
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

  /**
   * Begins a new list.
   *
   * @param from how many there are to choose from: every index will be less
   */
  void clear(long from) {
    count = 0;
    of = from;
  }

  /**
   * Ends it.
   *
   * @throws IllegalArgumentException if it is longer than there is room
   */
  void count(long length) {
    if (length > capacity) {
      throw new IllegalArgumentException(
          "a list with room for %d entries, %d are expected".formatted(capacity, length));
    }
    count = (int) length;
  }

  /** How many there were to choose from. */
  long of() {
    return of;
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
