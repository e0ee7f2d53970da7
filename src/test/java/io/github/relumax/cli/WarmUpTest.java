package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WarmUpTest {
  @TempDir private Path temporary;

  @Test
  void runsWhileALargeFolderIsReadAndEndsWithIt() throws IOException {
    a2OfSize(128L << 20);
    WarmUp warmUp = WarmUp.reading(temporary);
    assertThat(isWarmingUp()).isTrue();
    warmUp.close();
    assertThat(isWarmingUp()).isFalse();
  }

  /** So what such problems need is compiled too. */
  @Test
  void oneOfItsProblemsIsSparseAndHasItsMinimumAtKinks() {
    PlantedProblem planted = WarmUp.planted();
    Problem sparse = WarmUp.sparse(planted.problem());
    List<Iteration> iterations = new ArrayList<>();
    try (Backend backend = Backends.open("cpu", new BackendOptions(1))) {
      try (Buffer a2 = backend.upload(sparse.a2())) {
        assertThat(a2.storedEntries()).isLessThan(a2.rows() * a2.columns() / 5);
      }
      Solution solution =
          new NewtonSolver(backend, NewtonOptions.DEFAULTS)
              .solve(sparse, planted.x0(), iterations::add);
      assertThat(solution.converged()).isTrue();
    }
    assertThat(iterations.getLast().atKink()).isPositive();
  }

  @Test
  void leavesSmallAndMissingFoldersAlone() throws IOException {
    try (WarmUp _ = WarmUp.reading(temporary)) {
      assertThat(isWarmingUp()).isFalse();
    }
    a2OfSize((128L << 20) - 1);
    try (WarmUp _ = WarmUp.reading(temporary)) {
      assertThat(isWarmingUp()).isFalse();
    }
  }

  /** A file of this length that takes no room on disk. */
  private void a2OfSize(long bytes) throws IOException {
    try (RandomAccessFile file =
        new RandomAccessFile(temporary.resolve(ProblemDirectory.A2).toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  private static boolean isWarmingUp() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("relumax-warm-up") && thread.isAlive());
  }
}
