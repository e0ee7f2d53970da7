package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.BackendUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels are compiled once, and again where what was kept cannot be used. */
@SimulatedCuda
final class KernelsTest {
  @TempDir private Path folder;

  @AfterEach
  void resetSettings() {
    CudaSimulator.reset("FAIL_COMPILE");
    CudaSimulator.reset("COMPUTE");
  }

  @Test
  void aSecondStartCompilesNothing() {
    assertThat(compilations(folder)).isEqualTo(Kernels.FILES.size());
    assertThat(compilations(folder)).isZero();
  }

  @Test
  void damagedKernelsAreCompiledAgain() throws IOException {
    compilations(folder);
    try (Stream<Path> files = Files.list(folder)) {
      int i = 0;
      for (Path file : files.sorted().limit(3).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= (byte) (1 << i++);
        Files.write(file, bytes);
      }
    }
    assertThat(compilations(folder)).isEqualTo(3);
    assertThat(compilations(folder)).isZero();
  }

  @Test
  void anotherArchitectureIsCompiledFor() {
    compilations(folder);
    CudaSimulator.set("COMPUTE", "9.0");
    assertThat(compilations(folder)).isEqualTo(Kernels.FILES.size());
  }

  @Test
  void aFolderThatCannotBeWrittenIsDoneWithout() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(compilations(file)).isEqualTo(Kernels.FILES.size());
    assertThat(compilations(file)).isEqualTo(Kernels.FILES.size());
  }

  @Test
  void aKernelThatDoesNotCompileIsNamed() {
    CudaSimulator.set("FAIL_COMPILE", 1);
    assertThatThrownBy(() -> compilations(folder))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageMatching("NVRTC 12.6 cannot compile \\w+\\.cu for sm_80: .+");
  }

  /** Opens and closes the backend, and says how often the compiler ran. */
  private static long compilations(Path cache) {
    long before = CudaSimulator.counter("compilations");
    new CudaBackendProvider().open(BackendOptions.DEFAULTS, new KernelCache(cache)).close();
    return CudaSimulator.counter("compilations") - before;
  }
}
