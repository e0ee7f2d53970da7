package io.github.relumax.cuda;

import io.github.relumax.backend.BackendOptions;
import java.nio.file.Path;

/** Opens the CUDA backend for tests, with a cache of their own. */
final class CudaBackends {
  private static final KernelCache CACHE = new KernelCache(Path.of("target", "cuda-test-kernels"));

  private CudaBackends() {}

  /** On the first device. */
  static CudaBackend open() {
    return new CudaBackendProvider().open(BackendOptions.DEFAULTS, CACHE);
  }

  /** With blocks so small that the sizes of tests need several. */
  static CudaBackend openWithSmallBlocks() {
    CudaContext context = new CudaContext(CudaLibraries.get(), CudaDevice.all().getFirst());
    return new CudaBackend(context, kernels(context), 11, 500);
  }

  static Kernels kernels(CudaContext context) {
    return new Kernels(context, CudaLibraries.get().nvrtc().map(Nvrtc::new), CACHE);
  }
}
