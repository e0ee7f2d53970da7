package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.SharedUploads;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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

    @Override
    public Buffer uploadRows(Matrix rows, Buffer whole) {
      Buffer buffer = super.uploadRows(rows, whole);
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

  /**
   * No entry of the rows is read, for which there is no memory here; and the solve is, bit for bit,
   * that of a problem that has a copy of them.
   */
  @ParameterizedTest
  @CsvSource({
    "FULL, FLOAT64, 300, VECTOR_2",
    "FULL, FLOAT32, 300, VECTOR_1",
    "FULL, FLOAT32, 1, SCALAR_2",
    "DIAGONAL, FLOAT64, 300, VECTOR_3",
    "SAMPLED, FLOAT32, 900, VECTOR_2",
    "SKETCH_CG, FLOAT64, 900, VECTOR_2"
  })
  void aCoarseProblemTakesTheNonZerosOfItsRows(
      StepMethod method, ElementType type, int count, CpuBackends cpu) {
    Problem problem = problem(1000, type);
    int[] rows = IntStream.range(0, count).map(k -> 999 - k).toArray();
    double[] b = Arrays.stream(rows).mapToDouble(i -> 2 * problem.b()[i]).toArray();
    Arena closed = Arena.ofShared();
    closed.close();
    try (Arena arena = Arena.ofShared();
        Backend backend = cpu.open();
        SharedUploads shared = new SharedUploads(backend, List.of(problem.a1(), problem.a2()))) {
      Matrix copy = problem.a2().rows(rows, arena);
      Solution expected = solve(backend, Problem.of(problem.a1(), copy, b), method);
      Solution actual = solve(shared, problem.rows(rows, b, closed), method);
      assertThat(actual.status()).isEqualTo(expected.status());
      assertThat(actual.iterations()).isEqualTo(expected.iterations());
      assertThat(actual.x()).isEqualTo(expected.x());
      assertThat(actual.loss()).isEqualTo(expected.loss());
      assertThat(actual.storageError()).isEqualTo(expected.storageError());
    }
  }

  private Solution solve(Backend backend, Problem problem, StepMethod method) {
    try (NewtonRun run =
        new NewtonRun(
            backend,
            problem,
            NewtonOptions.DEFAULTS,
            CurvaturePath.KEPT,
            method,
            Optional.empty(),
            IterationListener.none(),
            () -> false)) {
      return run.solve(start);
    }
  }

  /** A backend that keeps the non-zeros of no matrix of so many rows, as if there were too many. */
  private static final class Small extends CountingBackend {
    private final List<Long> kept = new ArrayList<>();
    private final int rows;

    Small(Backend backend, int rows) {
      super(backend);
      this.rows = rows;
    }

    @Override
    public long compressedBytes(long count, long columns, long nonZeros) {
      return count < rows ? super.compressedBytes(count, columns, nonZeros) : 0;
    }

    @Override
    public Buffer upload(Matrix matrix) {
      long all = matrix.rows() * matrix.columns();
      return super.upload(matrix.rows() < rows ? matrix : matrix.withNonZeros(all));
    }

    @Override
    public Buffer uploadRows(Matrix rows, Buffer whole) {
      assertThat(whole.storedEntries()).isEqualTo(whole.rows() * whole.columns());
      Buffer buffer = super.uploadRows(rows, whole);
      kept.add(buffer.storedEntries());
      return buffer;
    }
  }

  /** Then they are found in a copy of the rows. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void rowsOfADenseMatrixAreKeptAsNonZerosWhereTheseAreFew(ElementType type) {
    Problem problem = problem(1000, type);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.of(300));
    try (Small small = new Small(CpuBackends.VECTOR_2.open(), 1000)) {
      Solution solution = new NewtonSolver(small, options).solve(problem, start);
      assertThat(solution.converged()).isTrue();
      assertThat(small.kept).hasSize(1);
      assertThat(small.kept.getFirst()).isBetween(1L, 300L * N / 5);
    }
  }

  /** Rows with so many non-zeros that they are kept dense, of an A2 that is not. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void heavyRowsThatAreDenseAreKeptDense(ElementType type) {
    Matrix a2 = Matrix.allocate(1000, N, type);
    for (int i = 0; i < 1000; i++) {
      for (int j = 0; j < (i < 100 ? N / 2 : 2); j++) {
        a2.set(i, j, 1);
      }
    }
    Matrix counted = a2.withNonZeros(100 * (N / 2) + 900 * 2);
    int[] heavy = IntStream.range(0, 100).toArray();
    int[] light = IntStream.range(100, 200).toArray();
    try (Arena arena = Arena.ofShared();
        Backend backend = CpuBackends.VECTOR_2.open();
        Buffer whole = backend.upload(counted);
        Buffer dense = backend.uploadRows(counted.rows(heavy, arena), whole);
        Buffer sparse = backend.uploadRows(counted.rows(light, arena), whole)) {
      assertThat(whole.storedEntries()).isEqualTo(counted.nonZeros());
      assertThat(dense.storedEntries()).isEqualTo(100L * N);
      assertThat(dense.type()).isEqualTo(type);
      assertThat(sparse.storedEntries()).isEqualTo(200);
    }
  }

  /** However many non-zeros they have, and without the copy that they come from no more. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void itsRowsAreInTheAccountOfMemory(ElementType type) {
    int m = 20_000;
    int rows = 1250;
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      long own = SolveMemory.of(backend, rows, N, D, CurvaturePath.KEPT, Curvature.FULL).ownBytes();
      long sparse = coarse(backend, m, type, 2L * m).bytes() - own;
      for (double share : new double[] {0, 0.1, 0.3}) {
        long kept = backend.compressedBytes(rows, N, (long) (share * rows * N));
        assertThat(kept).isPositive().isLessThanOrEqualTo(sparse);
      }
      assertThat(sparse).isBetween(8L * rows * N, 8L * rows * N + 8L * (rows + N + 2));
      long dense = coarse(backend, m, type, (long) m * N).bytes() - own;
      assertThat(dense).isEqualTo((long) type.bytes() * rows * N);
    }
  }

  private static CoarseSize coarse(Backend backend, int m, ElementType type, long nonZeros) {
    NewtonOptions options = NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL);
    CoarseSize size =
        CoarseSize.of(backend, m, N, D, type, nonZeros, options, Long.MAX_VALUE).orElseThrow();
    assertThat(size.rows()).isEqualTo(1250);
    return size;
  }
}
