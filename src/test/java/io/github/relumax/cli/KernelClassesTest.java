package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The order in which a process loads classes that its compiled kernels depend on. */
@Timeout(120)
final class KernelClassesTest {
  @TempDir private Path temporary;

  /** Loaded later, it would have every kernel compiled anew. */
  @Test
  void segmentsOverArraysAreKnownBeforeKernelsAre() throws IOException, InterruptedException {
    JavaRun run =
        JavaRun.of(temporary, List.of("-Xlog:class+load"), Main.class.getName(), List.of("demo"));
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.output())
        .containsSubsequence(
            "jdk.internal.foreign.HeapMemorySegmentImpl", "io.github.relumax.cpu.VectorKernels");
  }
}
