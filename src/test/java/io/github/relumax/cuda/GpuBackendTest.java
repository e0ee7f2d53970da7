package io.github.relumax.cuda;

import io.github.relumax.GpuTest;
import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;

/** The contract, for the CUDA backend on a GPU. */
@GpuTest
final class GpuBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }

  @Override
  protected int mostBuckets() {
    return 1 << 25;
  }
}
