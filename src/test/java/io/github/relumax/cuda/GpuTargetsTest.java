package io.github.relumax.cuda;

import io.github.relumax.GpuTest;
import io.github.relumax.backend.Backend;
import io.github.relumax.newton.TargetsContract;

/** Many targets at once, on a GPU. */
@GpuTest
final class GpuTargetsTest extends TargetsContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }
}
