package io.github.relumax.matrix;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory of a float64 matrix that comes and goes with a solve. All threads may access it, and one
 * owner gives it back: to those who ask next ({@link OffHeap#keepFreed}), without the arena that
 * threads share, whose closing stops each of them for a moment.
 */
public final class Workspace implements AutoCloseable {
  private final MemorySegment memory;
  private final Runnable giveBack;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * @param giveBack runs once, when it is closed
   */
  Workspace(MemorySegment memory, Runnable giveBack) {
    this.memory = memory;
    this.giveBack = giveBack;
  }

  /**
   * The same memory until the result is closed, which gives nothing back. The caller sees to it
   * that the memory lasts longer.
   *
   * @param closed runs once, when it is closed
   */
  public Workspace view(Runnable closed) {
    return new Workspace(memory(), closed);
  }

  /**
   * The entries, row after row.
   *
   * @throws IllegalStateException if it is closed
   */
  public MemorySegment memory() {
    requireOpen();
    return memory;
  }

  /**
   * Does nothing while it is open.
   *
   * @throws IllegalStateException if it is closed
   */
  public void requireOpen() {
    if (!open.get()) {
      throw new IllegalStateException("the buffer is closed");
    }
  }

  /** Closing it again does nothing. */
  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      giveBack.run();
    }
  }
}
