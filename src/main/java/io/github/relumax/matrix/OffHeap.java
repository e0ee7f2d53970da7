package io.github.relumax.matrix;

import io.github.relumax.matrix.FreedBlocks.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.LongFunction;

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
    return allocate(
        rows, columns, type, name, _ -> Matrix.allocate(rows, columns, type, arena).named(name));
  }

  /**
   * The same in an arena that will be closed, not left to the garbage collector, with entries that
   * are whatever was there before: for what is written before it is read. The memory of a large one
   * does not count against the limit of the virtual machine.
   */
  public static Matrix allocateUnset(
      long rows, long columns, ElementType type, Arena arena, String name) {
    return allocate(
        rows,
        columns,
        type,
        name,
        bytes ->
            LargeBlocks.has(bytes)
                ? Matrix.over(unset(bytes, arena), rows, columns, type, name)
                : Matrix.allocate(rows, columns, type, arena).named(name));
  }

  @SuppressWarnings("restricted") // Where it is forbidden, there are no large blocks.
  private static MemorySegment unset(long bytes, Arena arena) {
    Block block = Blocks.unset(bytes);
    return block.memory().reinterpret(bytes, arena, _ -> Blocks.free(block));
  }

  /**
   * Memory of a float64 matrix of zeros; the pages of a large one become zeros when a thread first
   * uses them.
   *
   * @throws InsufficientMemoryException as {@link #allocate} does
   */
  public static Workspace workspace(long rows, long columns, String name) {
    return workspace(rows, columns, name, Blocks::zeros);
  }

  /** The same, with entries that are whatever was there before. */
  public static Workspace unsetWorkspace(long rows, long columns, String name) {
    return workspace(rows, columns, name, Blocks::unset);
  }

  private static Workspace workspace(
      long rows, long columns, String name, LongFunction<Block> block) {
    return allocate(
        rows,
        columns,
        ElementType.FLOAT64,
        name,
        bytes -> {
          Block all = block.apply(bytes);
          return new Workspace(all.memory().asSlice(0, bytes), () -> Blocks.free(all));
        });
  }

  /**
   * Memory that is freed from now on is kept for the workspaces to come, until the result is
   * closed: making fresh pages takes the system long, as does closing what many threads share.
   */
  public static Keeping keepFreed() {
    return new Keeping();
  }

  /** Somebody who will allocate more. */
  public static final class Keeping implements AutoCloseable {
    private boolean closed;

    private Keeping() {
      Blocks.beginKeeping();
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        Blocks.endKeeping();
      }
    }
  }

  /** Allocates by the number of bytes. */
  private static <T> T allocate(
      long rows, long columns, ElementType type, String name, LongFunction<T> memory) {
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
      return allocate(bytes, memory);
    } catch (OutOfMemoryError e) {
      throw new InsufficientMemoryException(
          ("not enough memory: %s: a %d x %d %s matrix needs %d bytes outside the Java heap, more"
                  + " than is left; raise the limit with -XX:MaxDirectMemorySize")
              .formatted(name, rows, columns, type, bytes),
          e);
    }
  }

  /** Where memory is short, what was kept goes back before it is asked for again. */
  private static <T> T allocate(long bytes, LongFunction<T> memory) {
    try {
      return memory.apply(bytes);
    } catch (OutOfMemoryError e) {
      if (Blocks.keptBytes() == 0) {
        throw e;
      }
    }
    Blocks.giveBackKept();
    return memory.apply(bytes);
  }
}
