package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;
import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.Matrix;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract, for every kind of CPU backend. */
@ParameterizedClass
@EnumSource
final class CpuBackendTest extends BackendContract {
  @Parameter CpuBackends which;

  @Override
  protected Backend open() {
    return which.open();
  }

  @Override
  protected int mostBuckets() {
    return 1 << 25;
  }

  @Test
  void descriptionSaysWhatRuns() {
    try (Backend backend = open()) {
      assertThat(backend.description().name()).isEqualTo("cpu");
      assertThat(which.name())
          .endsWith("_" + backend.description().threads())
          .startsWith(backend.description().vectorBits() == 64 ? "SCALAR" : "VECTOR");
      assertThat(backend.description().device())
          .startsWith(backend.description().threads() + " thread");
    }
  }

  /** The contract of sparse matrices is about these. */
  @Test
  void aMatrixOfFewNonZerosIsKeptAsThese() {
    double[] values = new double[40];
    values[7] = 3;
    values[29] = -1;
    Matrix matrix = Matrix.of(4, 10, values);
    try (Backend backend = open();
        Buffer counted = backend.upload(matrix.withNonZeros(2));
        Buffer unknown = backend.upload(matrix);
        Buffer h = backend.allocate(10, 10);
        Buffer four = backend.allocate(1, 4);
        Buffer ten = backend.allocate(1, 10)) {
      assertThat(unknown.storedEntries()).isEqualTo(40);
      assertThat(unknown.passBytes()).isEqualTo(320);
      assertThat(counted.storedEntries()).isEqualTo(2);
      assertThat(counted.passBytes()).isEqualTo(8 * 5 + 12 * 2);
      assertThat(counted.rows(1, 2).storedEntries()).isEqualTo(1);
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> backend.gram(counted, ten, four, 0, h),
              () -> backend.copy(counted, counted),
              () -> backend.multiply(unknown, counted.row(0), four),
              () -> backend.read(counted, new double[40]))) {
        assertThatThrownBy(call)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("only the non-zeros are kept");
      }
      Buffer closed = backend.upload(matrix.withNonZeros(2));
      closed.close();
      assertThatThrownBy(() -> backend.multiply(closed, ten, four))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> backend.upload(matrix.withNonZeros(3)))
          .hasMessageContaining("must stay as it is");
    }
  }

  @Test
  void manyNonZerosAndThoseThatMemoryCannotHoldAreNotKeptApart() {
    try (Backend backend = open()) {
      assertThat(backend.compressedBytes(100, 100, 0)).isPositive();
      assertThat(backend.compressedBytes(100, 100, 10_000)).isZero();
      assertThat(backend.compressedBytes(100, 100, 5_000)).isZero();
      assertThat(backend.compressedBytes(1L << 30, 1L << 30, 1L << 50)).isZero();
    }
  }

  /** Their memory may be somebody else's by then. */
  @Test
  void aClosedBufferAndItsViewsAreRefused() {
    try (Backend backend = CpuBackends.VECTOR_1.open()) {
      Buffer buffer = backend.allocate(2, 3);
      Buffer row = buffer.row(1);
      Buffer reshaped = buffer.reshaped(3, 2);
      buffer.close();
      buffer.close();
      for (Buffer closed : List.of(buffer, row, reshaped)) {
        double[] values = new double[(int) (closed.rows() * closed.columns())];
        assertThatThrownBy(() -> backend.read(closed, values))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("the buffer is closed");
        assertThatThrownBy(() -> backend.write(values, closed))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.dot(closed, closed))
            .isInstanceOf(IllegalStateException.class);
      }
    }
  }
}
