package io.github.relumax.cpu;

import io.github.relumax.backend.Backend;

/** The CPU backends that tests run on: every kind of kernels, and several thread counts. */
public enum CpuBackends {
  VECTOR_1(new VectorKernels(), 1),
  VECTOR_2(new VectorKernels(), 2),
  VECTOR_3(new VectorKernels(), 3),
  VECTOR_4_ROWS_2(new VectorKernels(VectorKernels.FEW_ROWS), 2),
  VECTOR_8_ROWS_2(new VectorKernels(VectorKernels.MANY_ROWS), 2),
  SCALAR_2(new ScalarKernels(), 2);

  private final Kernels kernels;
  private final int threads;

  CpuBackends(Kernels kernels, int threads) {
    this.kernels = kernels;
    this.threads = threads;
  }

  public Backend open() {
    return new CpuBackend(kernels, threads);
  }
}
