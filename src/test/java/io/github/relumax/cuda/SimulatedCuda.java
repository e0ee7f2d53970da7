package io.github.relumax.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Tests that run on the CUDA simulator of src/test/cuda-sim, in a JVM of their own that finds it;
 * reported as skipped where it could not be built.
 */
@Tag("cuda-sim")
@EnabledIf(
    value = "io.github.relumax.cuda.SimulatedCuda$Built#here",
    disabledReason = "the CUDA simulator is not built: it needs g++ and make")
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface SimulatedCuda {
  /** Whether the simulator is on the loader's path. */
  final class Built {
    private Built() {}

    static boolean here() {
      String path = System.getenv("LD_LIBRARY_PATH");
      return path != null && Files.exists(Path.of(path, "libcuda-sim-kernels.so"));
    }
  }
}
