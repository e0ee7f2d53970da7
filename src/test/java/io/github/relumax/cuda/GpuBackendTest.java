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

  /** The simulator, on which the bundle can be tried, would take an hour. */
  @Override
  protected int mostBuckets() {
    boolean simulator = CudaDevice.all().getFirst().isSimulator();
    return simulator ? super.mostBuckets() : 1 << 25;
  }
}
