package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole solves with an A2 that is mostly zeros: as with the same A2 kept dense. */
final class SparseSolveTest {
  private static final int N = 120;
  private static final int D = 9;

  /** A backend that is not told how many entries of a matrix are zero. */
  private static final class Dense extends CountingBackend {
    Dense(Backend backend) {
      super(backend);
    }

    @Override
    public Buffer upload(Matrix matrix) {
      return super.upload(matrix.withNonZeros(matrix.rows() * matrix.columns()));
    }
  }

  /** A backend that notes how many entries of matrices it keeps. */
  private static final class Noting extends CountingBackend {
    private final List<Long> kept = new ArrayList<>();

    Noting(Backend backend) {
      super(backend);
    }

    @Override
    public Buffer upload(Matrix matrix) {
      Buffer buffer = super.upload(matrix);
      kept.add(buffer.storedEntries());
      return buffer;
    }
  }

  private final Random random = new Random(3);
  private final double[] start = new double[D];

  /** Every tenth entry of A2; b = softmax at a point near the start. */
  private Problem problem(int m, ElementType type) {
    Matrix a1 = Matrix.allocate(N, D, type);
    Matrix a2 = Matrix.allocate(m, N, type);
    double[] x = new double[D];
    for (int j = 0; j < D; j++) {
      x[j] = random.nextGaussian();
      start[j] = x[j] + 0.1 * random.nextGaussian();
      for (int i = 0; i < N; i++) {
        a1.set(i, j, random.nextGaussian() / 3);
      }
    }
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < N; j++) {
        a2.set(i, j, random.nextInt(10) == 0 ? random.nextGaussian() : 0);
      }
    }
    double[] h = SoftmaxReluOracle.times(SoftmaxReluOracle.entries(a1), x);
    Arrays.setAll(h, u -> Math.max(h[u], 0));
    double[] z = SoftmaxReluOracle.times(SoftmaxReluOracle.entries(a2), h);
    return Problem.of(a1, a2, SoftmaxReluOracle.softmax(z));
  }

  @ParameterizedTest
  @CsvSource({
    "FULL, KEPT, FLOAT64, 600",
    "FULL, STREAMED, FLOAT32, 9000",
    "SAMPLED, KEPT, FLOAT32, 6000",
    "SAMPLED, STREAMED, FLOAT64, 6000",
    "SKETCH_CG, KEPT, FLOAT64, 6000",
    "SKETCH_CG, STREAMED, FLOAT64, 6000"
  })
  void endsWhereTheDenseOneEnds(Curvature curvature, PathChoice path, ElementType type, int m) {
    Problem problem = problem(m, type);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCurvature(curvature).withPath(path);
    try (Noting sparse = new Noting(CpuBackends.VECTOR_2.open());
        Dense dense = new Dense(CpuBackends.VECTOR_2.open())) {
      Solution one = new NewtonSolver(sparse, options).solve(problem, start);
      Solution other = new NewtonSolver(dense, options).solve(problem, start);
      assertThat(one.converged()).isTrue();
      assertThat(other.converged()).isTrue();
      assertThat(one.iterations()).isEqualTo(other.iterations());
      for (int j = 0; j < D; j++) {
        assertThat(one.x()[j]).isCloseTo(other.x()[j], within(1e-8));
      }
      // A1, A2 and, of 9000 rows, some that are solved for before all.
      assertThat(sparse.kept).startsWith((long) N * D, problem.a2().nonZeros());
      assertThat(sparse.kept).hasSize(one.coarse().isPresent() ? 3 : 2);
    }
  }

  @ParameterizedTest
  @CsvSource({"KEPT", "STREAMED"})
  void itsNonZerosAreInTheAccountOfMemory(CurvaturePath path) {
    Problem problem = problem(500, ElementType.FLOAT64);
    long nonZeros = problem.a2().nonZeros();
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      SolveMemory dense = SolveMemory.of(backend, 500, N, D, path, Curvature.FULL);
      SolveMemory sparse = SolveMemory.of(backend, 500, N, D, nonZeros, path, Curvature.FULL);
      // Twice a value and a number, and where each row and column begins.
      assertThat(sparse.bytes() - dense.bytes()).isEqualTo(24 * nonZeros + 8 * (501 + N + 1));
      assertThat(sparse.parts().toString()).contains("non-zeros of A2");
    }
  }
}
