package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What sampling computes for each row, bucket and draw has the same bits for any thread count. */
final class SamplingThreadsTest {
  private static final int M = 70_001;
  private static final int D = 101;
  private static final int BUCKETS = 64;
  private static final int PROJECTIONS = 400;

  @ParameterizedTest
  @EnumSource
  void theNumberOfThreadsDoesNotMatter(ElementType type) {
    Matrix c = Matrix.allocate(M, 3, type);
    Random random = new Random(1);
    for (int i = 0; i < M; i++) {
      for (int j = 0; j < 3; j++) {
        c.set(i, j, random.nextGaussian());
      }
    }
    double[][] one = results(c, 1);
    assertThat(results(c, 2)).isDeepEqualTo(one);
    assertThat(results(c, 3)).isDeepEqualTo(one);
  }

  private static double[][] results(Matrix matrix, int threads) {
    try (CpuBackend backend = new CpuBackend(new VectorKernels(), threads);
        Buffer c = backend.upload(matrix);
        Buffer y = backend.allocate(2, M);
        Buffer center = backend.allocate(1, 3);
        Buffer shift = backend.allocate(1, 2);
        Buffer sketch = backend.allocate(BUCKETS, 3);
        Buffer r = backend.allocate(PROJECTIONS, D);
        Buffer l = backend.allocate(D, D);
        Buffer scores = backend.allocate(1, M);
        Units rows = backend.units(M)) {
      backend.normals(7, 1, 3, y);
      backend.normals(7, 5, 0, center);
      backend.countSketch(7, 2, c, center, y.row(0), sketch);
      backend.normals(7, 3, 0, r);
      backend.write(lower(), l);
      backend.solveTransposed(l, r, r);
      backend.rowScores(y, shift, null, 0, scores);
      backend.sampleRows(7, 4, scores, M, 5000, rows);
      try (Buffer drawn = backend.allocate(rows.count(), 3);
          Buffer weights = backend.allocate(1, rows.count())) {
        backend.gatherRows(c, rows, 0, drawn);
        backend.sampleWeights(rows, 0, scores, M, 5000, scores, weights);
        return new double[][] {
          read(backend, y),
          read(backend, sketch),
          read(backend, r),
          read(backend, scores),
          read(backend, drawn),
          read(backend, weights)
        };
      }
    }
  }

  /** A lower triangle with a large diagonal. */
  private static double[] lower() {
    double[] l = new double[D * D];
    for (int i = 0; i < D; i++) {
      for (int j = 0; j <= i; j++) {
        l[i * D + j] = i == j ? 3 + i % 5 : 1.0 / (1 + i + 2 * j);
      }
    }
    return l;
  }

  private static double[] read(CpuBackend backend, Buffer buffer) {
    double[] values = new double[(int) (buffer.rows() * buffer.columns())];
    backend.read(buffer, values);
    return values;
  }
}
