package io.github.relumax.cpu;

import io.github.relumax.backend.Backend;

/** The CPU backends that tests run on: both kinds of kernels, and several thread counts. */
public enum CpuBackends {
  VECTOR_1(true, 1),
  VECTOR_2(true, 2),
  VECTOR_3(true, 3),
  SCALAR_2(false, 2);

  private final boolean vector;
  private final int threads;

  CpuBackends(boolean vector, int threads) {
    this.vector = vector;
    this.threads = threads;
  }

  public Backend open() {
    return new CpuBackend(vector ? new VectorKernels() : new ScalarKernels(), threads);
  }
}
