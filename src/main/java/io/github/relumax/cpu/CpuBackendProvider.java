package io.github.relumax.cpu;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.BackendProvider;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CPU backend: usable everywhere, faster where the module jdk.incubator.vector was added. */
public final class CpuBackendProvider implements BackendProvider {
  private static final Logger LOG = LoggerFactory.getLogger(CpuBackendProvider.class);

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Optional<String> unavailable() {
    return RawMemory.isPermitted()
        ? Optional.empty()
        : Optional.of(
            "it may not use memory by address; start java with --enable-native-access=ALL-UNNAMED");
  }

  @Override
  public String describe() {
    int cores = Runtime.getRuntime().availableProcessors();
    return vectorModulePresent()
        ? "%d cores, %d-bit vectors".formatted(cores, kernels().vectorBits())
        : "%d cores, scalar code: start java with --add-modules jdk.incubator.vector"
            .formatted(cores);
  }

  @Override
  public Backend open(BackendOptions options) {
    int threads =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    if (!vectorModulePresent()) {
      LOG.warn(
          "the module jdk.incubator.vector is absent: results are the same, but slower;"
              + " start java with --add-modules jdk.incubator.vector");
    }
    return new CpuBackend(kernels(), threads);
  }

  private static Kernels kernels() {
    return vectorModulePresent() ? new VectorKernels() : new ScalarKernels();
  }

  private static boolean vectorModulePresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }
}
