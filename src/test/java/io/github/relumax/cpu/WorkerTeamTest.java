package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.InsufficientMemoryException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WorkerTeamTest {
  private static final int SIZE = 3;

  @Test
  void everyPartRunsOnceAJob() {
    AtomicIntegerArray runs = new AtomicIntegerArray(SIZE);
    try (WorkerTeam team = new WorkerTeam(SIZE)) {
      for (int job = 0; job < 10_000; job++) {
        team.run(true, runs::incrementAndGet);
      }
    }
    for (int part = 0; part < SIZE; part++) {
      assertThat(runs.get(part)).isEqualTo(10_000);
    }
  }

  @Test
  void whatAPartThrowsReachesTheCallerAsItIs() {
    try (WorkerTeam team = new WorkerTeam(SIZE)) {
      for (int part = 0; part < SIZE; part++) {
        int failing = part;
        RuntimeException exception = new InsufficientMemoryException("no memory");
        Error error = new StackOverflowError();
        assertThatThrownBy(() ->
                team.run(
                    true,
                    p -> {
                      if (p == failing) {
                        throw exception;
                      }
                    }))
            .isSameAs(exception);
        assertThatThrownBy(() ->
                team.run(
                    true,
                    p -> {
                      if (p == failing) {
                        throw error;
                      }
                    }))
            .isSameAs(error);
      }
      AtomicIntegerArray runs = new AtomicIntegerArray(SIZE);
      team.run(true, runs::incrementAndGet);
      assertThat(runs).hasToString("[1, 1, 1]");
    }
  }

  @Test
  void anInterruptWaitsForTheJobAndIsKept() {
    try (WorkerTeam team = new WorkerTeam(SIZE)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(SIZE);
      Thread.currentThread().interrupt();
      team.run(
          true,
          part -> {
            if (part > 0) {
              // Longer than the caller looks for the end before it sleeps.
              LockSupport.parkNanos(20_000_000);
            }
            runs.incrementAndGet(part);
          });
      assertThat(runs).hasToString("[1, 1, 1]");
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aJobEndsWhenTheTeamIsClosedDuringIt() {
    // The race is lost only sometimes, so it is run often.
    for (int round = 0; round < 2_000; round++) {
      WorkerTeam team = new WorkerTeam(SIZE);
      AtomicIntegerArray runs = new AtomicIntegerArray(SIZE);
      team.run(
          true,
          part -> {
            if (part == 0) {
              team.close();
            }
            runs.incrementAndGet(part);
          });
      assertThat(runs).hasToString("[1, 1, 1]");
    }
  }

  @Test
  void theCallerRunsWhatNobodyHasBegun() throws InterruptedException {
    int byCaller = 0;
    try (WorkerTeam team = new WorkerTeam(2)) {
      Thread caller = Thread.currentThread();
      for (int job = 0; job < 100; job++) {
        // Then the other thread sleeps, and waking it takes longer than the job.
        Thread.sleep(Duration.ofNanos(2 * WorkerTeam.LINGER_NANOS));
        AtomicReference<Thread> second = new AtomicReference<>();
        team.run(
            true,
            part -> {
              if (part == 1) {
                second.set(Thread.currentThread());
              }
            });
        byCaller += caller.equals(second.get()) ? 1 : 0;
      }
    }
    assertThat(byCaller).isPositive();
  }

  @Test
  void aClosedTeamRunsNothing() {
    WorkerTeam team = new WorkerTeam(2);
    team.close();
    assertThatThrownBy(() -> team.run(true, part -> {})).isInstanceOf(IllegalStateException.class);
  }
}
