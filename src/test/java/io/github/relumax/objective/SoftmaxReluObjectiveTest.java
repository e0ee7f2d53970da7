package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;

/** The objective on the CPU. */
final class SoftmaxReluObjectiveTest extends ObjectiveContract {
  @Override
  protected Backend open() {
    return CpuBackends.VECTOR_2.open();
  }
}
