package io.github.relumax.cuda;

import io.github.relumax.backend.Backend;
import io.github.relumax.objective.ObjectiveContract;

/** The objective on the simulator. */
@SimulatedCuda
final class CudaObjectiveTest extends ObjectiveContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }
}
