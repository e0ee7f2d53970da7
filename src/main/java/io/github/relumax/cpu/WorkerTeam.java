package io.github.relumax.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A fixed number of threads that run the parts of one job at a time: part 0 on the caller, the
 * others on threads that live as long as the team. A job is split into as many parts as there are
 * threads, so that sums combine in the same order every time.
 *
 * <p>A thread that sleeps takes longer to wake than many a job. So the caller, once it is done with
 * its own part, also runs those that nobody has begun: a short job is over before the others are
 * awake, and no result depends on who runs a part.
 */
final class WorkerTeam implements AutoCloseable {
  /** One part of a job. */
  @FunctionalInterface
  interface Job {
    void run(int part);
  }

  /**
   * How often a thread looks for work, or the caller whether all is done, before it lets others
   * have the processor meanwhile.
   */
  private static final int SPINS = 2_000;

  /**
   * How long it then goes on to look before it sleeps: the pauses between the kernels of a solve
   * are shorter, and threads that began together end a job less apart.
   */
  static final long LINGER_NANOS = 3_000_000;

  private final int size;
  private final Thread[] threads;
  private final AtomicInteger unfinished = new AtomicInteger();

  /** For each part, the last job of which it was begun. */
  private final AtomicIntegerArray begun;

  private volatile int generation;
  private volatile boolean closed;
  private Job job;
  private volatile Throwable failure;
  private volatile Thread caller;

  WorkerTeam(int size) {
    this.size = size;
    begun = new AtomicIntegerArray(size);
    threads = new Thread[size - 1];
    for (int i = 0; i < threads.length; i++) {
      int part = i + 1;
      threads[i] = new Thread(() -> work(part), "relumax-cpu-" + part);
      threads[i].setDaemon(true);
      threads[i].start();
    }
  }

  int size() {
    return size;
  }

  /**
   * Runs every part and returns when all are done. What a part throws is thrown here, as it is; of
   * several, one.
   *
   * @param wake whether the job is worth waking threads that sleep; others take part anyway
   */
  void run(boolean wake, Job work) {
    if (size == 1) {
      work.run(0);
      return;
    }
    if (closed) {
      throw new IllegalStateException("the backend is closed");
    }
    job = work;
    failure = null;
    caller = Thread.currentThread();
    unfinished.set(size - 1);
    int next = generation + 1;
    generation = next;
    if (wake) {
      wakeAll();
    }
    try {
      work.run(0);
    } finally {
      for (int part = 1; part < size; part++) {
        runUnlessBegun(part, next);
      }
      awaitOthers();
    }
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private void awaitOthers() {
    // The wait must end only when every part has: an interrupt is left for the caller to see later.
    boolean interrupted = false;
    linger(() -> unfinished.get() > 0);
    while (unfinished.get() > 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work(int part) {
    int seen = 0;
    while (true) {
      awaitJob(seen);
      if (generation == seen) {
        return;
      }
      // A job that was handed out is run even when close came after it: its caller waits.
      seen = generation;
      runUnlessBegun(part, seen);
    }
  }

  /** Returns when there is another job than that of this number, or never will be. */
  private void awaitJob(int seen) {
    linger(() -> isWaiting(seen));
    while (isWaiting(seen)) {
      LockSupport.park(this);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // Others gain from giving way; nothing relies on it.
  private static void linger(BooleanSupplier waiting) {
    for (int spin = 0; spin < SPINS && waiting.getAsBoolean(); spin++) {
      Thread.onSpinWait();
    }
    long began = System.nanoTime();
    while (waiting.getAsBoolean() && System.nanoTime() - began < LINGER_NANOS) {
      Thread.yield();
    }
  }

  private boolean isWaiting(int seen) {
    return generation == seen && !closed;
  }

  /**
   * Runs a part of the job of that number. Every part of a job is begun before the next job is
   * handed out: so whoever begins it finds the job still there.
   */
  private void runUnlessBegun(int part, int number) {
    if (!begun.compareAndSet(part, number - 1, number)) {
      return;
    }
    try {
      job.run(part);
    } catch (Throwable t) {
      failure = t;
    } finally {
      if (unfinished.decrementAndGet() == 0) {
        LockSupport.unpark(caller);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    wakeAll();
  }

  private void wakeAll() {
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
