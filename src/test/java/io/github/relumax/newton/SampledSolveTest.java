package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole solves whose steps come from few of many rows, or from the diagonal alone. */
final class SampledSolveTest {
  /** All steps are those of the whole problem. */
  private static final NewtonOptions WHOLE = NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.NONE);

  private final Backend backend = CpuBackends.VECTOR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  // Where they end

  @ParameterizedTest
  @CsvSource({
    "SAMPLED, 16, 4000, 60, 8, KEPT",
    "SAMPLED, 16, 8000, 60, 16, STREAMED",
    "SAMPLED, 16, 20000, 80, 40, KEPT",
    "SKETCH_CG, 8, 4000, 60, 8, STREAMED",
    "SKETCH_CG, 8, 8000, 60, 16, KEPT",
    "SKETCH_CG, 8, 20000, 80, 40, KEPT"
  })
  void fewRowsFindThePlantedPoint(
      Curvature curvature, double multiple, int m, int n, int d, PathChoice path) {
    PlantedProblem planted = planted(m, n, d, 0);
    NewtonOptions options = WHOLE.withPath(path);
    Run full = run(planted.problem(), planted.x0(), options.withCurvature(Curvature.FULL));
    Run run =
        run(
            planted.problem(),
            planted.x0(),
            options.withCurvature(curvature).withSampling(multiple(multiple, 1)));
    assertThat(run.solution.converged()).isTrue();
    assertThat(run.solution.method()).isEqualTo(StepMethod.valueOf(curvature.name()));
    assertThat(distance(run.solution.x(), planted.xStar())).isLessThan(1e-8);
    for (Iteration step : run.sampledSteps()) {
      // Binomial, with a variance below its mean.
      double expected = multiple * d;
      assertThat(step.approximation().rows())
          .isBetween(d / 2, (int) (expected + 6 * Math.sqrt(expected)))
          .isLessThan(m / 20);
      assertThat(step.approximation().products()).isPositive();
    }
    int all = run.steps().size();
    assertThat(run.sampledSteps()).hasSizeGreaterThanOrEqualTo(all - 1).isNotEmpty();
    int more = curvature == Curvature.SKETCH_CG ? 2 : 10;
    assertThat(run.solution.iterations()).isLessThanOrEqualTo(full.solution.iterations() + more);
  }

  /** Looser solutions with H may take steps past other kinks, to more of them or to fewer. */
  @Test
  void productsTakeThePathOfAllRows() {
    int full = 0;
    int products = 0;
    for (long seed = 1; seed <= 12; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(1500, 250, 80, 4, 0, ElementType.FLOAT64, 0.3, seed);
      NewtonOptions options = NewtonOptions.DEFAULTS;
      full +=
          run(planted.problem(), planted.x0(), options.withCurvature(Curvature.FULL))
              .solution
              .iterations();
      Run run = run(planted.problem(), planted.x0(), options.withCurvature(Curvature.SKETCH_CG));
      assertThat(distance(run.solution.x(), planted.xStar())).isLessThan(1e-8);
      assertThat(run.sampledSteps()).isNotEmpty();
      products += run.solution.iterations();
    }
    assertThat(products).isLessThanOrEqualTo(full + full / 10);
  }

  /** With noise, a regulariser, a ball, and where these meet, H is not the Gauss-Newton matrix. */
  @ParameterizedTest
  @CsvSource({
    "SAMPLED, 16, 60, 0.5, 0, 0",
    "SAMPLED, 16, 60, 0, 1e-4, 0",
    "SAMPLED, 16, 60, 0.5, 1e-4, 0",
    "SAMPLED, 16, 30, 0, 0, 0.8",
    "SKETCH_CG, 8, 60, 0.5, 0, 0",
    "SKETCH_CG, 8, 60, 0, 1e-4, 0",
    "SKETCH_CG, 8, 60, 0.5, 1e-4, 0",
    "SKETCH_CG, 8, 30, 0, 0, 0.8"
  })
  void fewRowsFindTheMinimiserThatAllRowsFind(
      Curvature curvature, double multiple, int n, double noise, double weight, double part) {
    PlantedProblem planted = planted(4000, n, 8, noise);
    double radius = part == 0 ? Double.POSITIVE_INFINITY : part * norm(planted.xStar());
    Problem problem = planted.problem().withWeight(weight).withRadius(radius);
    Run full = run(problem, planted.x0(), NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL));
    Run run =
        run(
            problem,
            planted.x0(),
            NewtonOptions.DEFAULTS.withCurvature(curvature).withSampling(multiple(multiple, 1)));
    assertThat(full.solution.converged()).isTrue();
    assertThat(run.solution.converged()).isTrue();
    assertThat(distance(run.solution.x(), full.solution.x())).isLessThan(1e-7);
    assertThat(run.solution.loss())
        .isCloseTo(full.solution.loss(), within(1e-12 * full.solution.loss()));
    assertThat(run.sampledSteps()).isNotEmpty();
    if (noise > 0 && curvature == Curvature.SKETCH_CG) {
      assertThat(run.steps()).extracting(Iteration::curvature).contains(CurvatureForm.EXACT);
    }
    if (part > 0) {
      double[] x = run.solution.x();
      assertThat(norm(x)).isCloseTo(radius, within(1e-12 * radius));
      double[] gradient = new SoftmaxReluOracle(problem).at(x).gradient;
      double[] rest = gradient.clone();
      double nu = -dot(gradient, x) / dot(x, x);
      assertThat(nu).isPositive();
      Arrays.setAll(rest, k -> rest[k] + nu * x[k]);
      assertThat(norm(rest)).isLessThan(1e-6 * norm(gradient));
    }
  }

  // ε

  /** Of the very H̃ that steps are made with, which is read from its solutions. */
  @ParameterizedTest
  @CsvSource({
    "3000, 40, 1, GAUSS_NEWTON, true",
    "3000, 40, 3, GAUSS_NEWTON, true",
    "4000, 60, 8, GAUSS_NEWTON, false",
    "4000, 60, 8, GAUSS_NEWTON, true",
    "8000, 90, 40, GAUSS_NEWTON, false",
    "4000, 60, 8, EXACT, false",
    "4000, 60, 8, EXACT, true"
  })
  void theEstimateIsAtMostTheTruthAndNotFarBelow(
      int m, int n, int d, CurvatureForm form, boolean atStart) {
    PlantedProblem planted = planted(m, n, d, 0.3);
    for (int seed = 1; seed <= 5; seed++) {
      try (SoftmaxReluObjective objective =
              new SoftmaxReluObjective(backend, planted.problem(), 8, CurvaturePath.KEPT);
          SampledModel model =
              new SampledModel(backend, objective, m, List.of(form), multiple(8, seed))) {
        objective.startAt(atStart ? planted.x0() : planted.xStar());
        ShiftedSystem system = model.at(form);
        Approximation approximation = model.approximation(form);
        assertThat(approximation.rows()).isLessThan(m / 10);
        assertThat(approximation.products()).isBetween(1, 4);
        double[] ratios = ratios(system, objective.curvature(form), d);
        double truth = Math.max(1 - ratios[0], ratios[d - 1] - 1);
        assertThat(approximation.epsilon())
            .isBetween(Math.min(1, truth / 3) - 1e-9, truth + 1e-6 * Math.max(1, truth));
      }
    }
  }

  /** −H has no sample at all; a sample of H's positive rows does not stand for a saddle. */
  @Test
  void negativeCurvatureIsFarFromAnySample() {
    PlantedProblem planted = planted(4000, 60, 8, 0);
    double[] x = planted.x0();
    Arrays.setAll(x, k -> 0.3 * x[k]);
    try (SoftmaxReluObjective objective =
            new SoftmaxReluObjective(backend, planted.problem(), 8, CurvaturePath.KEPT);
        SampledModel model =
            new SampledModel(
                backend, objective, 4000, List.of(CurvatureForm.EXACT), multiple(16, 1))) {
      objective.startAt(x);
      ShiftedSystem system = model.at(CurvatureForm.EXACT);
      Approximation approximation = model.approximation(CurvatureForm.EXACT);
      double[] ratios = ratios(system, objective.curvature(CurvatureForm.EXACT), 8);
      assertThat(ratios[0]).isNegative();
      assertThat(approximation.epsilon()).isGreaterThanOrEqualTo(1);
      assertThat(approximation.products()).isPositive();
    }
  }

  /** The eigenvalues of (H̃ + σI)⁻¹(H + σI), ascending, with a σ that rounding asks for. */
  private double[] ratios(ShiftedSystem system, Buffer h, int d) {
    double shift = 1e-10 * system.scale();
    assertThat(system.factor(shift)).isTrue();
    DMatrixRMaj inverse = new DMatrixRMaj(d, d);
    try (Buffer unit = backend.allocate(1, d);
        Buffer column = backend.allocate(1, d)) {
      for (int k = 0; k < d; k++) {
        double[] values = new double[d];
        values[k] = 1;
        backend.write(values, unit);
        assertThat(system.solve(unit, column, 0)).isTrue();
        backend.read(column, values);
        System.arraycopy(values, 0, inverse.data, k * d, d);
      }
    }
    CommonOps_DDRM.invert(inverse);
    DMatrixRMaj matrix = new DMatrixRMaj(d, d);
    backend.read(h, matrix.data);
    for (int k = 0; k < d; k++) {
      matrix.add(k, k, shift);
    }
    return ConjugateGradientsTest.generalized(matrix, inverse);
  }

  @Test
  void aDemandedEpsilonHoldsForEveryStepAndASmallerOneTakesMoreRows() {
    PlantedProblem planted = planted(8000, 60, 16, 0);
    double before = 0;
    for (double epsilon : new double[] {0.8, 0.2, 0.1}) {
      Sampling sampling = new Sampling(OptionalDouble.of(4), OptionalDouble.of(epsilon), 0.1, 1);
      Run run = run(planted.problem(), planted.x0(), sampled(sampling));
      assertThat(run.solution.converged()).isTrue();
      assertThat(run.steps()).allMatch(step -> step.approximation().epsilon() <= epsilon);
      assertThat(run.sampledSteps()).hasSizeGreaterThan(3);
      double rows =
          run.sampledSteps().stream()
              .mapToInt(step -> step.approximation().rows())
              .average()
              .orElseThrow();
      assertThat(rows).isBetween(1.2 * before, 2000.0);
      before = rows;
    }
  }

  /**
   * Softmax is peaked far from b, where few rows have a positive weight in the Hessian and the
   * others count for more: no sample is near it, however large. H itself stands in.
   */
  @Test
  void anEpsilonThatNoSampleReachesTakesAllRows() {
    PlantedProblem peaked = PlantedProblem.generate(1000, 33, 17, 8, 0, ElementType.FLOAT64, 1, 3);
    double[] b = new double[1000];
    b[5] = 1;
    Problem problem = Problem.of(peaked.problem().a1(), peaked.problem().a2(), b);
    Sampling demanding = new Sampling(OptionalDouble.empty(), OptionalDouble.of(0.3), 0.1, 1);
    Approximation largest = exact(problem, peaked.x0(), multiple(1e9, 1));
    assertThat(largest.rows()).isBetween(1, 100);
    assertThat(largest.epsilon()).isGreaterThanOrEqualTo(1);
    Approximation demanded = exact(problem, peaked.x0(), demanding);
    assertThat(demanded.rows()).isZero();
    assertThat(demanded.epsilon()).isZero();
  }

  private Approximation exact(Problem problem, double[] x, Sampling sampling) {
    try (SoftmaxReluObjective objective =
            new SoftmaxReluObjective(backend, problem, 8, CurvaturePath.KEPT);
        SampledModel model =
            new SampledModel(
                backend, objective, problem.m(), List.of(CurvatureForm.EXACT), sampling)) {
      objective.startAt(x);
      model.at(CurvatureForm.EXACT);
      return model.approximation(CurvatureForm.EXACT);
    }
  }

  // Sizes and seeds

  /** Draw after draw at one x: from far too many rows down, and from far too few up. */
  @Test
  void samplesShrinkWhereEpsilonIsFarBetterAndGrowWhereItIsNot() {
    PlantedProblem planted = planted(8000, 60, 16, 0);
    List<Approximation> falling = drawn(planted, 256, 0.9);
    List<Approximation> rising = drawn(planted, 1, 0.2);
    for (int k = 1; k < falling.size(); k++) {
      if (falling.get(k - 1).epsilon() < 0.9 / 4) {
        assertThat(falling.get(k).rows()).isLessThan(falling.get(k - 1).rows());
      }
    }
    assertThat(falling.getLast().rows()).isLessThan(falling.getFirst().rows() / 3);
    assertThat(falling.getLast().epsilon()).isBetween(0.9 / 8, 0.9);
    assertThat(rising).allMatch(one -> one.epsilon() <= 0.2);
    assertThat(rising.getFirst().rows()).isGreaterThan(4 * 16);
    assertThat(rising.getFirst().products()).isGreaterThan(2 * 4);
  }

  private List<Approximation> drawn(PlantedProblem planted, double multiple, double epsilon) {
    List<Approximation> draws = new ArrayList<>();
    Sampling sampling =
        new Sampling(OptionalDouble.of(multiple), OptionalDouble.of(epsilon), 0.1, 1);
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    int m = planted.problem().m();
    try (SoftmaxReluObjective objective =
            new SoftmaxReluObjective(backend, planted.problem(), 8, CurvaturePath.KEPT);
        SampledModel model = new SampledModel(backend, objective, m, List.of(form), sampling)) {
      objective.startAt(planted.x0());
      for (int k = 0; k < 10; k++) {
        model.at(form);
        draws.add(model.approximation(form));
        model.moved();
      }
    }
    return draws;
  }

  @Test
  void withoutAWishSamplesGrowToWhatIsCheap() {
    PlantedProblem planted = planted(20_000, 80, 40, 0);
    for (Curvature curvature : List.of(Curvature.SAMPLED, Curvature.SKETCH_CG)) {
      Run run = run(planted.problem(), planted.x0(), WHOLE.withCurvature(curvature));
      assertThat(run.solution.converged()).isTrue();
      List<Integer> rows =
          run.sampledSteps().stream().map(step -> step.approximation().rows()).toList();
      assertThat(rows.getFirst()).isBetween(4 * 40, 32 * 40);
      assertThat(rows.getLast()).isGreaterThan(2 * rows.getFirst()).isLessThan(10_000);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SAMPLED", "SKETCH_CG"})
  void theSeedDecidesWhichRows(Curvature curvature) {
    PlantedProblem planted = planted(4000, 60, 8, 0);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCurvature(curvature);
    Run first = run(planted.problem(), planted.x0(), options.withSampling(multiple(8, 1)));
    Run again = run(planted.problem(), planted.x0(), options.withSampling(multiple(8, 1)));
    Run other = run(planted.problem(), planted.x0(), options.withSampling(multiple(8, 2)));
    assertThat(again.solution.x()).containsExactly(first.solution.x());
    assertThat(again.rows()).isEqualTo(first.rows());
    assertThat(other.rows()).isNotEqualTo(first.rows());
    assertThat(distance(other.solution.x(), first.solution.x())).isLessThan(1e-7);
  }

  // The diagonal

  @ParameterizedTest
  @ValueSource(doubles = {0.03, 0.1, 1})
  void theDiagonalConvergesWhereWeightsAreLarge(double weight) {
    PlantedProblem planted = planted(2000, 60, 8, 0);
    Problem problem = planted.problem().withWeight(weight);
    Run run = run(problem, planted.x0(), NewtonOptions.DEFAULTS.withCurvature(Curvature.DIAGONAL));
    Run full = run(problem, planted.x0(), NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL));
    assertThat(full.solution.converged()).isTrue();
    assertThat(run.solution.converged()).isTrue();
    assertThat(distance(run.solution.x(), full.solution.x())).isLessThan(1e-6);
  }

  /**
   * Logits with a large common part, which the diagonal alone takes for curvature: its steps are
   * too short by ten orders of magnitude, so that the first would pass for the last.
   */
  @Test
  void theDiagonalDoesNotTakeItsOwnShortStepsForConvergence() {
    int m = 200;
    double[] a2 = new double[m];
    Arrays.setAll(a2, i -> Math.sin(i));
    double[] b = SoftmaxReluOracle.softmax(a2.clone());
    Arrays.setAll(a2, i -> a2[i] + 1e6);
    Problem problem = Problem.of(Matrix.of(1, 1, new double[] {1}), Matrix.of(m, 1, a2), b);
    Run run =
        run(
            problem,
            new double[] {2},
            NewtonOptions.DEFAULTS.withCurvature(Curvature.DIAGONAL).withTolerance(1e-6));
    assertThat(run.solution.converged()).isTrue();
    assertThat(run.solution.x()[0]).isCloseTo(1, within(1e-5));
  }

  // Memory

  /** Buffers and lists are there before the first step. */
  @ParameterizedTest
  @CsvSource({
    "SAMPLED, KEPT",
    "SAMPLED, STREAMED",
    "SKETCH_CG, KEPT",
    "SKETCH_CG, STREAMED",
    "DIAGONAL, KEPT"
  })
  void nothingIsAllocatedOnceASolveRuns(Curvature curvature, PathChoice path) {
    PlantedProblem planted = planted(4000, 60, 8, 0.3);
    List<Integer> buffers = new ArrayList<>();
    CountingBackend counting = new CountingBackend(backend);
    NewtonOptions options =
        NewtonOptions.DEFAULTS
            .withCurvature(curvature)
            .withPath(path)
            .withSampling(multiple(16, 1))
            .withMaxIterations(6);
    Solution solution =
        new NewtonSolver(counting, options)
            .solve(planted.problem(), planted.x0(), _ -> buffers.add(counting.buffers()));
    assertThat(solution.iterations()).isGreaterThan(3);
    assertThat(buffers).containsOnly(counting.buffers());
  }

  // Fixtures and arithmetic

  /** A solve and its iterations. */
  private record Run(Solution solution, List<Iteration> iterations) {
    List<Iteration> steps() {
      return iterations.subList(1, iterations.size());
    }

    List<Iteration> sampledSteps() {
      return steps().stream().filter(step -> step.approximation().rows() > 0).toList();
    }

    List<Integer> rows() {
      return steps().stream().map(step -> step.approximation().rows()).toList();
    }
  }

  private Run run(Problem problem, double[] x0, NewtonOptions options) {
    List<Iteration> iterations = new ArrayList<>();
    Solution solution = new NewtonSolver(backend, options).solve(problem, x0, iterations::add);
    return new Run(solution, iterations);
  }

  private static NewtonOptions sampled(Sampling sampling) {
    return NewtonOptions.DEFAULTS.withCurvature(Curvature.SAMPLED).withSampling(sampling);
  }

  private static Sampling multiple(double multiple, long seed) {
    return new Sampling(OptionalDouble.of(multiple), OptionalDouble.empty(), 0.1, seed);
  }

  private static PlantedProblem planted(int m, int n, int d, double noise) {
    return PlantedProblem.generate(m, n, d, 4, noise, ElementType.FLOAT64, 0.3, 1);
  }

  private static double distance(double[] x, double[] reference) {
    double[] difference = new double[x.length];
    Arrays.setAll(difference, k -> x[k] - reference[k]);
    return norm(difference) / norm(reference);
  }

  private static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += u[k] * v[k];
    }
    return sum;
  }

  private static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }
}
