package io.github.relumax.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps Ctrl-C, and a request to terminate, from ending the process before its results are written:
 * the Java virtual machine waits with its exit until this is closed. Further signals change
 * nothing.
 */
final class Interruption implements AutoCloseable {
  /** How many are open, or end the process. */
  private static final AtomicInteger GUARDING = new AtomicInteger();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean requested;

  private Interruption(Runnable stop) {
    hook = new Thread(() -> stopAndWait(stop), "interruption");
  }

  /**
   * @param stop called from another thread when the process is asked to end
   */
  static Interruption guard(Runnable stop) {
    Interruption interruption = new Interruption(stop);
    GUARDING.incrementAndGet();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Whether results are guarded anywhere, which a signal then waits for. */
  static boolean isGuarding() {
    return GUARDING.get() > 0;
  }

  /** Whether the process was asked to end. */
  boolean requested() {
    return requested;
  }

  private void stopAndWait(Runnable stop) {
    requested = true;
    stop.run();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Otherwise the code would tell which signal it was.
    Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
  }

  @Override
  public void close() {
    closed.countDown();
    remove(hook);
    // One that was asked to end the process is about to: until then it has the last word.
    if (!requested) {
      GUARDING.decrementAndGet();
    }
  }

  /** Takes a shutdown hook away, unless it runs already. */
  static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is about to end.
    }
  }
}
