package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WorkerTeamTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyPartRunsOnceInEveryJob(int size) {
    AtomicIntegerArray runs = new AtomicIntegerArray(size);
    try (WorkerTeam team = new WorkerTeam(size)) {
      for (int job = 1; job <= 1_000; job++) {
        team.run(runs::incrementAndGet);
        for (int part = 0; part < size; part++) {
          assertThat(runs.get(part)).isEqualTo(job);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void anExceptionInAPartIsThrownAndTheTeamGoesOn(int failing) {
    AtomicIntegerArray runs = new AtomicIntegerArray(3);
    try (WorkerTeam team = new WorkerTeam(3)) {
      assertThatThrownBy(() ->
              team.run(part -> {
                if (part == failing) {
                  throw new IllegalArgumentException("part " + part);
                }
              }))
          .hasStackTraceContaining("IllegalArgumentException: part " + failing);
      team.run(runs::incrementAndGet);
      assertThat(runs).hasToString("[1, 1, 1]");
    }
  }

  /** The caller waits for every part even when it is interrupted, and stays interrupted. */
  @Test
  void anInterruptIsKeptForTheCaller() {
    AtomicIntegerArray finished = new AtomicIntegerArray(2);
    try (WorkerTeam team = new WorkerTeam(2)) {
      Thread.currentThread().interrupt();
      team.run(part -> {
        if (part == 1) {
          long until = System.nanoTime() + 20_000_000;
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
        }
        finished.set(part, 1);
      });
      assertThat(finished.get(1)).isEqualTo(1);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aClosedTeamRunsNothing() {
    WorkerTeam team = new WorkerTeam(2);
    team.close();
    assertThatThrownBy(() -> team.run(part -> {})).isInstanceOf(IllegalStateException.class);
  }
}
