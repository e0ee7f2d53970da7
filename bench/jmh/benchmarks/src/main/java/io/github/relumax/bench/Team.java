package io.github.relumax.bench;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Threads that wait for work without sleeping, so that starting them takes no time. */
final class Team implements AutoCloseable {
  private static final int CLOSED = -1;

  private final int size;
  private final AtomicInteger unfinished = new AtomicInteger();
  private volatile int generation;
  private IntConsumer job;

  Team(int size) {
    this.size = size;
    for (int part = 1; part < size; part++) {
      int own = part;
      Thread.ofPlatform().daemon().start(() -> work(own));
    }
  }

  /** Runs part 0 here and the others on threads of their own; returns when all are done. */
  void run(IntConsumer work) {
    job = work;
    unfinished.set(size - 1);
    generation = generation + 1;
    work.accept(0);
    while (unfinished.get() > 0) {
      Thread.onSpinWait();
    }
  }

  private void work(int part) {
    for (int seen = 0; ; seen++) {
      while (generation == seen) {
        Thread.onSpinWait();
      }
      if (generation == CLOSED) {
        return;
      }
      job.accept(part);
      unfinished.decrementAndGet();
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    generation = CLOSED;
  }
}
