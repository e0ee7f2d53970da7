package io.github.relumax.cuda;

import io.github.relumax.GpuTest;
import io.github.relumax.backend.Backend;
import io.github.relumax.objective.ObjectiveContract;

/** The objective on a GPU. */
@GpuTest
final class GpuObjectiveTest extends ObjectiveContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }
}
