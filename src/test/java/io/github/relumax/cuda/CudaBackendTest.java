package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void whatSeveralTransposedProductsTakeIsAnnounced() {
    Matrix matrix = Matrix.allocate(3000, 2000, ElementType.FLOAT32);
    try (CudaBackend backend = CudaBackends.open();
        Buffer a = backend.upload(matrix);
        Buffer v = backend.allocate(9, 3000);
        Buffer y = backend.allocate(9, 2000)) {
      long before = backend.memory().available();
      backend.multiplyTransposed(a, v, y);
      long taken = before - backend.memory().available();
      assertThat(taken).isBetween(1L, backend.transposedBytes(2000, 9));
      backend.multiplyTransposed(a, v, y);
      assertThat(before - backend.memory().available()).isEqualTo(taken);
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

  /** Blocks go on to further buckets where these are more than the rows of a grid. */
  @Test
  void aSketchDoesNotDependOnItsGrid() {
    try (CudaBackend backend = CudaBackends.open();
        Buffer c = backend.allocate(300, 7);
        Buffer out = backend.allocate(64, 7)) {
      backend.normals(1, 0, 0, c);
      backend.countSketch(5, 2, c, null, null, out);
      double[] expected = read(backend, out);
      long from = DeviceBuffer.address(c);
      long to = DeviceBuffer.address(out);
      backend.context().clear(to, 8L * expected.length);
      CudaBackends.kernels(backend.context())
          .launch("countSketch_f64", 1, 3, 5L, 2, from, 300L, 7L, 0L, 0L, 64L, to);
      assertThat(read(backend, out)).isEqualTo(expected);
    }
  }

  /** The first sample brings the workspaces to their size, however large later ones are. */
  @Test
  void samplingAllocatesOnceOnly() {
    try (CudaBackend backend = CudaBackends.open();
        Buffer c = backend.upload(Matrix.allocate(1000, 17, ElementType.FLOAT32));
        Buffer y = backend.allocate(2, 1000);
        Buffer a = backend.allocate(1, 1000);
        Buffer center = backend.allocate(1, 17);
        Buffer shift = backend.allocate(1, 2);
        Buffer sketch = backend.allocate(64, 17);
        Buffer h = backend.allocate(17, 17);
        Buffer l = backend.allocate(17, 17);
        Buffer drawn = backend.allocate(1000, 17);
        Buffer weights = backend.allocate(1000, 1);
        Units rows = backend.units(1000)) {
      long first = 0;
      for (int turn = 0; turn < 3; turn++) {
        backend.normals(1, 0, 0, y);
        backend.countSketch(1, 1, c, center, a, sketch);
        assertThat(backend.factor(h, 1, l)).isTrue();
        backend.solveForward(l, h, h);
        backend.solveTransposed(l, h, h);
        double total = backend.rowScores(y, shift, null, 0, a);
        backend.sampleRows(1, 2, a, total, turn * 1000.0, rows);
        assertThat(rows.count()).isBetween(turn == 0 ? 0 : 400, turn == 0 ? 0 : 1000);
        backend.gatherRows(c, rows, 0, drawn.rows(0, rows.count()));
        backend.sampleWeights(rows, 0, a, total, 1, a, weights.rows(0, rows.count()));
        backend.curvatureTimes(c, center, a, center, center);
        long taken = backend.context().allocations();
        first = turn == 0 ? taken : first;
        assertThat(taken).isEqualTo(first);
      }
    }
  }

  /** The rows, their weights and all random numbers are the CPU's, to the bit. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "103, 40", "70_001, 900"})
  void theSameScoresGiveTheSampleOfTheCpu(int m, double size) {
    try (Backend cpu = Backends.open("cpu", new BackendOptions(2));
        Backend gpu = CudaBackends.open()) {
      Buffer scores = cpu.allocate(1, m);
      cpu.normals(3, 1, 0, scores);
      double[] values = read(cpu, scores);
      Arrays.setAll(values, i -> Math.pow(values[i], 4));
      double total = Arrays.stream(values).sum();
      assertThat(sample(gpu, values, total, size)).isDeepEqualTo(sample(cpu, values, total, size));
      scores.close();
    }
  }

  /** Normal numbers, the rows drawn from an m x 1 matrix of them, and the weights of these rows. */
  private static double[][] sample(Backend on, double[] values, double total, double size) {
    int m = values.length;
    try (Buffer scores = on.allocate(1, m);
        Buffer normals = on.allocate(m, 1);
        Units rows = on.units(m)) {
      on.write(values, scores);
      on.normals(11, -7, 5, normals);
      on.sampleRows(11, 4, scores, total, size, rows);
      assertThat(rows.count()).isPositive();
      try (Buffer drawn = on.allocate(rows.count(), 1);
          Buffer weights = on.allocate(1, rows.count())) {
        on.gatherRows(normals, rows, 0, drawn);
        on.sampleWeights(rows, 0, scores, total, size, scores, weights);
        return new double[][] {read(on, normals), read(on, drawn), read(on, weights)};
      }
    }
  }

  private static double[] read(Backend on, Buffer buffer) {
    double[] values = new double[(int) (buffer.rows() * buffer.columns())];
    on.read(buffer, values);
    return values;
  }
}
