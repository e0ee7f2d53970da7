package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import org.junit.jupiter.api.Test;

/** The contract, for the CUDA backend on the simulator. */
@SimulatedCuda
final class CudaBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }

  /** What buffers and lists took is given back; what stays is the backend's own. */
  @Test
  void nothingIsLeftAllocated() {
    CudaBackend backend = CudaBackends.open();
    // The first list brings a workspace with it.
    backend.units(9).close();
    long before = backend.context().liveAllocations();
    Buffer buffer = backend.allocate(103, 7);
    Buffer view = buffer.rows(3, 2);
    Units units = backend.units(9);
    assertThat(backend.context().liveAllocations()).isEqualTo(before + 2);
    view.close();
    assertThat(backend.context().liveAllocations()).isEqualTo(before + 2);
    buffer.close();
    units.close();
    assertThat(backend.context().liveAllocations()).isEqualTo(before);
    backend.close();
    assertThat(backend.context().liveAllocations()).isZero();
  }

  /** It may be asked for late in a solve, when nothing is to be allocated. */
  @Test
  void uploadReservesWhatTheTransposedProductTakes() {
    Matrix matrix = Matrix.allocate(1000, 2000, ElementType.FLOAT32);
    try (CudaBackend backend = CudaBackends.open();
        Buffer a = backend.upload(matrix);
        Buffer v = backend.allocate(1, 1000);
        Buffer y = backend.allocate(1, 2000)) {
      long before = backend.context().allocations();
      backend.multiplyTransposed(a, v, y);
      assertThat(backend.context().allocations()).isEqualTo(before);
    }
  }

  @Test
  void whatIsClosedCannotBeUsed() {
    try (CudaBackend backend = CudaBackends.open()) {
      Buffer buffer = backend.allocate(3, 5);
      Buffer view = buffer.row(1);
      buffer.close();
      assertThatThrownBy(() -> backend.dot(view, view)).isInstanceOf(IllegalStateException.class);
    }
  }
}
