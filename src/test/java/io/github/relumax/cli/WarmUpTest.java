package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.ProblemDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
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
