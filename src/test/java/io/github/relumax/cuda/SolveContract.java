package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.CoarseRows;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.FurtherDescents;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.Minima;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Sampling;
import io.github.relumax.newton.Solution;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole solves on CUDA, beside the same on the CPU. */
abstract class SolveContract {
  /** How far an iteration on one backend may be from that on the other. */
  private static final double RELATIVE = 1e-10;

  /** Below this part of what it was at the start, a loss is rounding. */
  private static final double LOSS_ROUNDING = 1e-14;

  /** The same for the gradient, a sum whose terms do not shrink as it does. */
  private static final double GRADIENT_ROUNDING = 1e-12;

  /** Of ‖x‖: where a solve stops, its next step is no longer; two solves may stop on two sides. */
  private static final double X = 2e-8;

  /** Awkward sizes, both storages, with and without noise, regulariser, ball, and C kept. */
  @ParameterizedTest
  @CsvSource({
    "103, 31, 1, FLOAT64, 0, 0, AUTO, AUTO",
    "203, 61, 13, FLOAT64, 0, 0, AUTO, AUTO",
    "203, 61, 13, FLOAT32, 0, 0, AUTO, AUTO",
    "517, 37, 41, FLOAT64, 0.5, 0, AUTO, AUTO",
    "517, 37, 41, FLOAT32, 0.5, 1e-4, EXACT, AUTO",
    "299, 43, 7, FLOAT64, 0.3, 1e-3, GAUSS_NEWTON, AUTO",
    "4999, 23, 5, FLOAT64, 0, 0, AUTO, STREAMED",
    "4999, 23, 5, FLOAT32, 0.3, 0, AUTO, STREAMED"
  })
  void everyIterationIsThatOfTheCpu(
      int m,
      int n,
      int d,
      ElementType type,
      double noise,
      double weight,
      Curvature curvature,
      PathChoice path) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, noise, type, 0.3, m + n + d);
    Problem problem = weight == 0 ? planted.problem() : planted.problem().withWeight(weight);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCurvature(curvature).withPath(path);
    compare(problem, planted.x0(), options);
  }

  /** The same rows of the same sizes, so that steps agree as far as those from all rows do. */
  @ParameterizedTest
  @CsvSource({
    "1501, 37, 5, FLOAT64, 0, 0, SAMPLED, 16, KEPT",
    "1501, 37, 5, FLOAT32, 0, 1e-4, SAMPLED, 16, STREAMED",
    "1501, 37, 5, FLOAT32, 0.3, 0, SKETCH_CG, 8, KEPT",
    "4999, 23, 5, FLOAT64, 0, 1e-4, SKETCH_CG, 8, STREAMED"
  })
  void everyIterationFromSampledRowsIsThatOfTheCpu(
      int m,
      int n,
      int d,
      ElementType type,
      double noise,
      double weight,
      Curvature curvature,
      double multiple,
      PathChoice path) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, noise, type, 0.3, m + n + d);
    Problem problem = weight == 0 ? planted.problem() : planted.problem().withWeight(weight);
    NewtonOptions options =
        NewtonOptions.DEFAULTS
            .withCurvature(curvature)
            .withPath(path)
            .withSampling(multiple(multiple));
    List<Iteration> steps = compare(problem, planted.x0(), options);
    assertThat(steps.get(1).approximation().rows()).isBetween(d, m / 10);
  }

  /** The same rows, and the same way on from there. */
  @ParameterizedTest
  @CsvSource({
    "1501, 37, 5, FLOAT64, 0, 0, FULL",
    "1501, 37, 5, FLOAT32, 0.3, 1e-4, FULL",
    "1501, 37, 5, FLOAT64, 0, 0, SKETCH_CG"
  })
  void theCoarseProblemIsThatOfTheCpu(
      int m, int n, int d, ElementType type, double noise, double weight, Curvature curvature) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, noise, type, 0.3, m + n + d);
    Problem problem = planted.problem().withWeight(weight);
    NewtonOptions options =
        NewtonOptions.DEFAULTS.withCurvature(curvature).withCoarseRows(CoarseRows.of(151));
    List<Iteration> steps = compare(problem, planted.x0(), options);
    assertThat(steps.get(1).curvature()).as("the coarse problem's way").isNull();
  }

  private static Sampling multiple(double multiple) {
    return new Sampling(OptionalDouble.of(multiple), OptionalDouble.empty(), 0.1, 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1x1x1",
        "37x12x3-any-b",
        "64x9x8-w",
        "103x17x5",
        "150x31x7-f32",
        "200x30x8-w0.03"
      })
  void theReferenceProblems(String folder) {
    ProblemDirectory files = ProblemDirectory.open(Path.of("src/test/resources/oracle", folder));
    compare(files.problem(), files.x0().orElseThrow(), NewtonOptions.DEFAULTS);
  }

  private static List<Iteration> compare(Problem problem, double[] x0, NewtonOptions options) {
    List<Iteration> expected = new ArrayList<>();
    List<Iteration> actual = new ArrayList<>();
    Solution onCpu;
    Solution onGpu;
    double startGradient;
    try (Backend cpu = Backends.open("cpu", new BackendOptions(2));
        SoftmaxReluObjective objective = new SoftmaxReluObjective(cpu, problem, 1);
        Backend gpu = CudaBackends.open()) {
      startGradient = objective.moveTo(x0).gradientNorm();
      onCpu = new NewtonSolver(cpu, options).solve(problem, x0, expected::add);
      onGpu = new NewtonSolver(gpu, options).solve(problem, x0, actual::add);
    }
    Iteration start = expected.getFirst();
    for (int k = 0; k < Math.min(expected.size(), actual.size()); k++) {
      Iteration there = expected.get(k);
      Iteration here = actual.get(k);
      assertThat(here.loss())
          .as("loss %d", k)
          .isCloseTo(there.loss(), within(RELATIVE * there.loss() + LOSS_ROUNDING * start.loss()));
      if (Double.isNaN(there.gradientNorm())) {
        assertThat(here.gradientNorm()).as("gradient %d", k).isNaN();
      } else {
        double gradient = RELATIVE * there.gradientNorm() + GRADIENT_ROUNDING * startGradient;
        assertThat(here.gradientNorm())
            .as("gradient %d", k)
            .isCloseTo(there.gradientNorm(), within(gradient));
      }
      assertThat(here.activeUnits()).as("active units %d", k).isEqualTo(there.activeUnits());
      assertThat(here.flips()).as("flips %d", k).isEqualTo(there.flips());
      assertThat(here.curvature()).as("curvature %d", k).isEqualTo(there.curvature());
      assertThat(here.approximation().rows())
          .as("rows %d", k)
          .isEqualTo(there.approximation().rows());
    }
    // At rounding one may find a step more than the other.
    assertThat(onGpu.iterations()).isCloseTo(onCpu.iterations(), within(1));
    assertThat(onGpu.status()).isEqualTo(onCpu.status());
    assertThat(onGpu.path()).isEqualTo(onCpu.path());
    double size = 0;
    for (double value : onCpu.x()) {
      size = Math.hypot(size, value);
    }
    for (int i = 0; i < onCpu.x().length; i++) {
      assertThat(onGpu.x()[i]).isCloseTo(onCpu.x()[i], within(X * size));
    }
    return actual;
  }

  /** Nothing is taken from the device once the first iteration is over. */
  @ParameterizedTest
  @CsvSource({
    "FULL, AUTO, 517, 37, 41",
    "FULL, STREAMED, 4999, 23, 5",
    "SAMPLED, KEPT, 1501, 37, 5",
    "SAMPLED, STREAMED, 4999, 23, 5",
    "SKETCH_CG, KEPT, 1501, 37, 5",
    "SKETCH_CG, STREAMED, 4999, 23, 5"
  })
  void nothingIsAllocatedAfterTheFirstIteration(
      Curvature curvature, PathChoice path, int m, int n, int d) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0.5, ElementType.FLOAT32, 0.3, 1);
    List<Long> allocations = new ArrayList<>();
    try (CudaBackend backend = CudaBackends.open()) {
      Solution solution =
          new NewtonSolver(
                  backend,
                  NewtonOptions.DEFAULTS
                      .withCurvature(curvature)
                      .withPath(path)
                      .withSampling(multiple(16)))
              .solve(
                  planted.problem(),
                  planted.x0(),
                  _ -> allocations.add(backend.context().allocations()));
      assertThat(solution.iterations()).isGreaterThan(3);
      assertThat(allocations.subList(1, allocations.size())).containsOnly(allocations.get(1));
      assertThat(backend.context().allocations()).isEqualTo(allocations.get(1));
    }
  }

  /** Nor where units come to rest at their kink; and the solve ends where that of the CPU does. */
  @ParameterizedTest
  @CsvSource({"FULL, 1", "SKETCH_CG, 1", "SAMPLED, 2"})
  void stepsAtKinksTakeNothingEither(Curvature curvature, long seed) {
    PlantedProblem planted =
        PlantedProblem.generate(301, 61, 13, 4, 1, ElementType.FLOAT64, 0.3, seed);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCurvature(curvature);
    List<Long> allocations = new ArrayList<>();
    List<Integer> kinks = new ArrayList<>();
    try (Backend cpu = Backends.open("cpu", new BackendOptions(2));
        CudaBackend gpu = CudaBackends.open()) {
      Solution solution =
          new NewtonSolver(gpu, options)
              .solve(
                  planted.problem(),
                  planted.x0(),
                  iteration -> {
                    allocations.add(gpu.context().allocations());
                    kinks.add(iteration.atKink());
                  });
      assertThat(kinks).anyMatch(count -> count > 0);
      assertThat(allocations.subList(1, allocations.size())).containsOnly(allocations.get(1));
      Solution onCpu = new NewtonSolver(cpu, options).solve(planted.problem(), planted.x0());
      assertThat(solution.converged()).isTrue();
      assertThat(solution.status()).isEqualTo(onCpu.status());
      assertThat(solution.loss()).isCloseTo(onCpu.loss(), within(1e-10 * onCpu.loss()));
    }
  }

  /** Nor do further descents, which are the first one's steps from another point. */
  @ParameterizedTest
  @CsvSource({"FULL, AUTO, 1", "FULL, STREAMED, 1", "SKETCH_CG, AUTO, 1"})
  void furtherDescentsTakeNothingEither(Curvature curvature, PathChoice path, long seed) {
    PlantedProblem planted =
        PlantedProblem.generate(301, 61, 13, 4, 1, ElementType.FLOAT64, 0.3, seed);
    NewtonOptions options =
        NewtonOptions.DEFAULTS.withCurvature(curvature).withPath(path).withMinima(Minima.LOWER);
    List<Long> allocations = new ArrayList<>();
    try (Backend cpu = Backends.open("cpu", new BackendOptions(2));
        CudaBackend gpu = CudaBackends.open()) {
      Solution solution =
          new NewtonSolver(gpu, options)
              .solve(
                  planted.problem(),
                  planted.x0(),
                  _ -> allocations.add(gpu.context().allocations()));
      assertThat(gpu.context().allocations()).isEqualTo(allocations.get(1));
      assertThat(solution.converged()).isTrue();
      FurtherDescents further = solution.further().orElseThrow();
      assertThat(further.count()).isEqualTo(3);
      assertThat(solution.loss()).isLessThanOrEqualTo(further.firstLoss() * (1 + 1e-12));
      Solution onCpu = new NewtonSolver(cpu, options).solve(planted.problem(), planted.x0());
      double firstLoss = onCpu.further().orElseThrow().firstLoss();
      assertThat(further.firstLoss()).isCloseTo(firstLoss, within(1e-10 * firstLoss));
    }
  }

  @Test
  void theSameSolveGivesTheSameBits() {
    PlantedProblem planted =
        PlantedProblem.generate(203, 61, 13, 4, 0, ElementType.FLOAT64, 0.3, 1);
    try (Backend first = CudaBackends.open();
        Backend second = CudaBackends.open()) {
      double[] x = solve(first, planted);
      assertThat(solve(first, planted)).isEqualTo(x);
      assertThat(solve(second, planted)).isEqualTo(x);
    }
  }

  private static double[] solve(Backend backend, PlantedProblem planted) {
    return new NewtonSolver(backend, NewtonOptions.DEFAULTS)
        .solve(planted.problem(), planted.x0())
        .x();
  }
}
