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
    CudaLibraries libraries = CudaLibraries.get();
    CudaContext context = new CudaContext(libraries, CudaDevice.all().getFirst());
    Kernels kernels = new Kernels(context, libraries.nvrtc().map(Nvrtc::new), CACHE);
    return new CudaBackend(context, kernels, 11, 500);
  }
}
