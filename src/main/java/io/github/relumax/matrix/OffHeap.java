package io.github.relumax.matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Allocates matrices whose size a user chose, so that one too large is an error in words. */
public final class OffHeap {
  private OffHeap() {}

  /**
   * A matrix of zeros called {@code name}.
   *
   * @throws InsufficientMemoryException if it is larger than the machine's memory, or than what the
   *     Java virtual machine may still use outside its heap
   */
  public static Matrix allocate(
      long rows, long columns, ElementType type, Arena arena, String name) {
    return allocate(rows, columns, type, arena, name, null);
  }

  /**
   * The same in an arena that will be closed, not left to the garbage collector, whose memory does
   * not count against the limit of the virtual machine: the pages of a large matrix become zeros
   * when a thread first uses them.
   */
  public static Matrix allocateUntouched(
      long rows, long columns, ElementType type, Arena arena, String name) {
    return allocate(rows, columns, type, arena, name, LargeBlocks::zeros);
  }

  /**
   * The same, whose entries are whatever was there before: for what is written before it is read.
   */
  public static Matrix allocateUnset(
      long rows, long columns, ElementType type, Arena arena, String name) {
    return allocate(rows, columns, type, arena, name, LargeBlocks::unset);
  }

  /**
   * Large matrices that are freed from now on are kept for those that will be allocated, until the
   * result is closed: making fresh pages takes the system long.
   */
  public static Keeping keepFreed() {
    return new Keeping();
  }

  /** Somebody who will allocate more. */
  public static final class Keeping implements AutoCloseable {
    private boolean closed;

    private Keeping() {
      LargeBlocks.beginKeeping();
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        LargeBlocks.endKeeping();
      }
    }
  }

  @FunctionalInterface
  private interface LargeBlock {
    MemorySegment allocate(long bytes, Arena arena);
  }

  private static Matrix allocate(
      long rows, long columns, ElementType type, Arena arena, String name, LargeBlock block) {
    long bytes;
    try {
      bytes = Matrix.bytes(rows, columns, type);
    } catch (IllegalArgumentException e) {
      throw new InsufficientMemoryException(
          "not enough memory: " + name + ": " + e.getMessage(), e);
    }
    // Asking the system for more than it has can succeed, and then ends the process at first use.
    long there = SystemMemory.total();
    if (bytes > there) {
      throw new InsufficientMemoryException(
          "not enough memory: %s: a %d x %d %s matrix needs %d bytes, this machine has %d bytes"
              .formatted(name, rows, columns, type, bytes, there));
    }
    try {
      if (block != null && LargeBlocks.has(bytes)) {
        return Matrix.over(block.allocate(bytes, arena), rows, columns, type, name);
      }
      return Matrix.allocate(rows, columns, type, arena).named(name);
    } catch (OutOfMemoryError e) {
      throw new InsufficientMemoryException(
          ("not enough memory: %s: a %d x %d %s matrix needs %d bytes outside the Java heap, more"
                  + " than is left; raise the limit with -XX:MaxDirectMemorySize")
              .formatted(name, rows, columns, type, bytes),
          e);
    }
  }
}
