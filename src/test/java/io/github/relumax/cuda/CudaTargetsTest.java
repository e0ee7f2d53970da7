package io.github.relumax.cuda;

import io.github.relumax.backend.Backend;
import io.github.relumax.newton.TargetsContract;

/** Many targets at once, on the simulator. */
@SimulatedCuda
final class CudaTargetsTest extends TargetsContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }
}
