package io.github.relumax.cpu;

import io.github.relumax.backend.Backend;

/** The CPU backends that tests run on: every kind of kernels, and several thread counts. */
public enum CpuBackends {
  VECTOR_1(1),
  VECTOR_2(2),
  VECTOR_3(3),
  VECTOR_4_ROWS_2(2),
  VECTOR_8_ROWS_2(2),
  SCALAR_2(2);

  private final int threads;

  CpuBackends(int threads) {
    this.threads = threads;
  }

  public Backend open() {
    return new CpuBackend(kernels(), threads);
  }

  private Kernels kernels() {
    return switch (this) {
      case SCALAR_2 -> new ScalarKernels();
      case VECTOR_4_ROWS_2 -> new VectorKernels(VectorKernels.FEW_ROWS);
      case VECTOR_8_ROWS_2 -> new VectorKernels(VectorKernels.MANY_ROWS);
      case VECTOR_1, VECTOR_2, VECTOR_3 -> new VectorKernels();
    };
  }
}
