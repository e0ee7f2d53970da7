package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuWorkspaceTest {
  /** What a backend says it takes covers what it took, and is not far above it. */
  @ParameterizedTest
  @CsvSource({
    "300, 60, 6, 1, FLOAT64",
    "3000, 900, 100, 2, FLOAT32",
    "1000, 3000, 130, 3, FLOAT64",
    "200_000, 40, 12, 2, FLOAT64",
    "600, 1200, 400, 2, FLOAT64"
  })
  void workspaceBytesCoverTheScratchOfASolve(int m, int n, int d, int threads, ElementType type) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0, type, 0.3, 1);
    try (CpuBackend backend = new CpuBackend(new VectorKernels(), threads)) {
      new NewtonSolver(backend, NewtonOptions.DEFAULTS.withMaxIterations(4))
          .solve(planted.problem(), planted.x0());
      long announced = backend.workspaceBytes(m, n, d);
      assertThat(backend.scratchBytes()).isLessThanOrEqualTo(announced);
      // Half of the units are active and packed, and small matrices keep few threads busy.
      assertThat(backend.scratchBytes()).isGreaterThan(announced / 4);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 60, 6, 1",
    "70, 20_000, 1, 2",
    "3000, 900, 33, 3",
    "9000, 50, 100, 2",
    "5, 900, 300, 1"
  })
  void workspaceBytesCoverTheScratchOfSparseProducts(int m, int n, int d, int threads) {
    Matrix a2 = Matrix.allocate(m, n, ElementType.FLOAT64);
    for (int j = 0; j < n; j++) {
      a2.set(m / 2, j, m < 2 ? 0 : 1);
    }
    long nonZeros = m < 2 ? 0 : n;
    Matrix a1 = Matrix.allocate(n, d, ElementType.FLOAT32);
    try (CpuBackend backend = new CpuBackend(new VectorKernels(), threads);
        Buffer sparse = backend.upload(a2.withNonZeros(nonZeros));
        Buffer dense = backend.upload(a1);
        Buffer c = backend.allocate(m, d);
        Buffer x = backend.allocate(8, n);
        Buffer y = backend.allocate(8, m);
        Buffer center = backend.allocate(1, d);
        Buffer h = backend.allocate(d, d);
        Units units = backend.units(n)) {
      assertThat(sparse.storedEntries()).isEqualTo(nonZeros);
      double[] ones = new double[8 * n];
      Arrays.fill(ones, 1);
      backend.write(ones, x);
      backend.activeUnits(x.row(0), units);
      backend.accumulate(sparse, units, dense, 0, c);
      backend.multiply(sparse, x, y);
      backend.multiplyTransposed(sparse, y.row(0), x.row(0));
      backend.addColumns(sparse, units, x, 1, y);
      if (sparse.storedEntries() < (long) m * n) {
        Arrays.fill(ones, Math.min(Math.min(n, d), Backend.MOST_GRAM_UNITS), n, 0);
        backend.write(ones, x);
        backend.activeUnits(x.row(0), units);
        backend.gramOfUnits(sparse, units, dense, center, y.row(0), h);
      }
      assertThat(backend.scratchBytes()).isLessThanOrEqualTo(backend.workspaceBytes(m, n, d));
      // The rows of A1.
      assertThat(backend.scratchBytes()).isGreaterThan(8L * n * d);
    }
  }

  /** A solve need not sample; these are the primitives of one that does. */
  @ParameterizedTest
  @CsvSource({"300, 60, 6, 1, FLOAT64", "3000, 900, 100, 2, FLOAT32", "70_001, 20, 3, 3, FLOAT64"})
  void workspaceBytesCoverTheScratchOfSampling(int m, int n, int d, int threads, ElementType type) {
    Matrix a2 = Matrix.allocate(m, n, type);
    try (CpuBackend backend = new CpuBackend(new VectorKernels(), threads);
        Buffer uploaded = backend.upload(a2);
        Buffer c = backend.allocate(m, d);
        Buffer a = backend.allocate(1, m);
        Buffer center = backend.allocate(1, d);
        Buffer sketch = backend.allocate(64, n);
        Buffer h = backend.allocate(d, d);
        Buffer l = backend.allocate(d, d);
        Units rows = backend.units(m)) {
      backend.countSketch(1, 0, uploaded, null, a, sketch);
      backend.curvatureTimes(c, center, a, center, center);
      backend.factor(h, 1, l);
      backend.solveTransposed(l, h, h);
      backend.sampleRows(1, 0, a, 1, 1, rows);
      assertThat(backend.scratchBytes()).isLessThanOrEqualTo(backend.workspaceBytes(m, n, d));
      assertThat(backend.scratchBytes()).isGreaterThanOrEqualTo(m / 8 + 8L * 4 * d);
    }
  }
}
