package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Copies that take several pieces of pinned memory, on a stream beside that of the work. The
 * simulator does nothing before something waits for it, so there whatever is not waited for shows
 * every time.
 */
abstract class StagingContract {
  /** Three whole pieces and a bit. */
  private static final int SIZE = 3 * (8 << 20) / Double.BYTES + 3;

  private final CudaBackend backend = CudaBackends.open();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void everyPieceArrives() {
    double[] values = numbers(1);
    try (Buffer a = backend.allocate(1, SIZE)) {
      backend.write(values, a);
      assertThat(read(a)).isEqualTo(values);
    }
  }

  @Test
  void aMatrixMayBeOverwrittenOnceItIsUploaded() {
    Matrix matrix = Matrix.allocate(1, SIZE, ElementType.FLOAT64);
    MemorySegment.copy(numbers(1), 0, matrix.segment(), ValueLayout.JAVA_DOUBLE, 0, SIZE);
    try (Buffer a = backend.upload(matrix)) {
      matrix.segment().fill((byte) 0);
      assertThat(read(a)).isEqualTo(numbers(1));
    }
  }

  /**
   * What is copied in must not overtake the work that was asked for before, nor that overtake it.
   */
  @Test
  void copiesStandInOrderWithWork() {
    try (Buffer a = backend.allocate(1, SIZE);
        Buffer before = backend.allocate(1, SIZE);
        Buffer after = backend.allocate(1, SIZE)) {
      backend.write(numbers(1), a);
      backend.copy(a, before);
      backend.write(numbers(2), a);
      backend.copy(a, after);
      assertThat(read(before)).isEqualTo(numbers(1));
      assertThat(read(after)).isEqualTo(numbers(2));
    }
  }

  /** A small result is read on the stream of the work, without the other one. */
  @Test
  void workWaitsForWhatWasCopied() {
    try (Buffer a = backend.allocate(1, 5);
        Buffer b = backend.allocate(1, 5)) {
      backend.write(new double[] {1, 2, 3, 4, 5}, a);
      assertThat(backend.dot(a, a)).isEqualTo(55);
      backend.write(new double[] {5, 4, 3, 2, 1}, a);
      backend.copy(a, b);
      assertThat(backend.dot(a, b)).isEqualTo(55);
    }
  }

  private double[] read(Buffer from) {
    double[] values = new double[SIZE];
    backend.read(from, values);
    return values;
  }

  private static double[] numbers(int seed) {
    double[] values = new double[SIZE];
    Arrays.setAll(values, i -> seed + i * 0.5);
    return values;
  }
}
