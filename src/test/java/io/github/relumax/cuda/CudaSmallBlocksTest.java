package io.github.relumax.cuda;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;

/** The contract on the simulator, where products take several blocks of rows and of units. */
@SimulatedCuda
final class CudaSmallBlocksTest extends BackendContract {
  @Override
  protected Backend open() {
    return CudaBackends.openWithSmallBlocks();
  }
}
