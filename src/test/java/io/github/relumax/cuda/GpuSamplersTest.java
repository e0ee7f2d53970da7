package io.github.relumax.cuda;

import io.github.relumax.GpuTest;
import io.github.relumax.backend.Backend;
import io.github.relumax.sketch.SamplersContract;

/** Sampled curvature on a GPU. */
@GpuTest
final class GpuSamplersTest extends SamplersContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }
}
