package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;

/** Sampled curvature on the CPU. */
final class CpuSamplersTest extends SamplersContract {
  @Override
  protected Backend open() {
    return CpuBackends.VECTOR_2.open();
  }
}
