package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole solves: where they end, how they get there, and what they say about it. */
final class NewtonSolverTest {
  private final Backend backend = CpuBackends.VECTOR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  // Planted problems

  @ParameterizedTest
  @CsvSource({
    "AUTO, 200, 60, 12, 1",
    "AUTO, 600, 120, 20, 2",
    "AUTO, 1000, 30, 3, 3",
    "AUTO, 103, 31, 1, 5",
    "EXACT, 200, 60, 12, 1",
    "EXACT, 600, 120, 20, 2",
    "EXACT, 1000, 30, 3, 3",
    "GAUSS_NEWTON, 200, 60, 12, 1",
    "GAUSS_NEWTON, 600, 120, 20, 2",
    "GAUSS_NEWTON, 1000, 30, 3, 3"
  })
  void findsThePlantedPoint(Curvature curvature, int m, int n, int d, int seed) {
    PlantedProblem planted = planted(m, n, d, 4, seed);
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
            .solve(planted.problem(), planted.x0(), path::add);
    assertThat(solution.status()).isEqualTo(Status.STEP_SMALL);
    assertThat(solution.converged()).isTrue();
    assertThat(distance(solution.x(), planted.xStar())).isLessThan(1e-8);
    assertThat(solution.iterations()).isLessThan(30);
    assertLossNeverRises(path);
    assertThat(path.subList(1, path.size()))
        .extracting(Iteration::curvature)
        .isNotEmpty()
        .isSubsetOf(allowed(curvature));
  }

  /** Two quarters of steps in a row that kept what they promised, but not what the whole did. */
  @Test
  void anExcursionFollowsStepsThatHadToBeShortened() {
    PlantedProblem planted = planted(3000, 240, 80, 4, 102);
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0(), path::add);
    assertThat(distance(solution.x(), planted.xStar())).isLessThan(1e-8);
    assertLossNeverRises(path);
    int began = 0;
    for (int k = 3; k < path.size(); k++) {
      Iteration last = path.get(k - 1);
      boolean excursion = path.get(k).number() > last.number() + 1;
      boolean kept = Math.min(last.gainRatio(), path.get(k - 2).gainRatio()) > 0.9;
      boolean shortened = Math.max(last.stepLength(), path.get(k - 2).stepLength()) <= 0.25;
      began += excursion && kept && shortened ? 1 : 0;
    }
    assertThat(began).isEqualTo(1);
  }

  /** After a round in which no length lowered the loss it is the Gauss-Newton matrix's turn. */
  @Test
  void roundsWithoutAStepEndTheTurnOfTheExactHessian() {
    int ended = 0;
    for (int seed = 1; seed <= 40; seed++) {
      PlantedProblem planted = noisy(seed);
      List<Iteration> path = new ArrayList<>();
      solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0(), path::add);
      for (int k = 1; k < path.size(); k++) {
        if (path.get(k).rejected() > 0) {
          assertThat(path.get(k).curvature()).isEqualTo(CurvatureForm.GAUSS_NEWTON);
          ended += path.get(k - 1).curvature() == CurvatureForm.EXACT ? 1 : 0;
        }
      }
    }
    assertThat(ended).isPositive();
  }

  private static List<CurvatureForm> allowed(Curvature curvature) {
    return switch (curvature) {
      case AUTO, FULL, SAMPLED, SKETCH_CG -> List.of(CurvatureForm.values());
      case EXACT -> List.of(CurvatureForm.EXACT);
      case GAUSS_NEWTON, DIAGONAL -> List.of(CurvatureForm.GAUSS_NEWTON);
    };
  }

  /** Far more unknowns than active units and a target that is missed: a smooth minimiser. */
  @Test
  void autoUsesBothCurvaturesAndNeedsFewerStepsThanGaussNewton() {
    PlantedProblem planted =
        PlantedProblem.generate(2000, 30, 40, 4, 0.5, ElementType.FLOAT64, 0.3, 1);
    List<Iteration> path = new ArrayList<>();
    Solution auto =
        solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0(), path::add);
    Solution gaussNewton =
        solver(NewtonOptions.DEFAULTS.withCurvature(Curvature.GAUSS_NEWTON))
            .solve(planted.problem(), planted.x0());
    assertThat(path)
        .extracting(Iteration::curvature)
        .contains(CurvatureForm.EXACT, CurvatureForm.GAUSS_NEWTON);
    assertThat(auto.converged()).isTrue();
    assertThat(gaussNewton.converged()).isTrue();
    assertThat(auto.loss()).isCloseTo(gaussNewton.loss(), within(1e-12 * auto.loss()));
    assertThat(auto.iterations()).isLessThan(gaussNewton.iterations());
  }

  /** A start that knows nothing of the answer finds it, though not from every seed. */
  @Test
  void someRandomStartsReachThePlantedPoint() {
    PlantedProblem planted = planted(600, 120, 10, 4, 1);
    int reached = 0;
    for (int seed = 1; seed <= 5; seed++) {
      double[] start = PlantedProblem.randomStart(10, seed);
      Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), start);
      reached += distance(solution.x(), planted.xStar()) < 1e-8 ? 1 : 0;
    }
    assertThat(reached).isGreaterThanOrEqualTo(3);
  }

  /** With noise the minimiser is not planted: its gradient by the oracle is what tells. */
  @ParameterizedTest
  @EnumSource
  void aSuccessfulEndIsStationary(Curvature curvature) {
    int successes = 0;
    for (int seed = 1; seed <= 12; seed++) {
      PlantedProblem planted = noisy(seed);
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
              .solve(planted.problem(), planted.x0());
      if (solution.converged()) {
        successes++;
        SoftmaxReluOracle.At at = new SoftmaxReluOracle(planted.problem()).at(solution.x());
        double curvatureNorm = Math.max(norm(flat(at.hessian())), norm(flat(at.gaussNewton())));
        double longestStep = NewtonOptions.DEFAULTS.tolerance() * norm(solution.x());
        GeneralizedGradient generalized = new GeneralizedGradient(planted.problem(), solution.x());
        assertThat(generalized.distance).isLessThan(2 * curvatureNorm * longestStep);
        assertThat(solution.loss()).isCloseTo(at.loss(), within(1e-10 * at.loss()));
        assertThat(solution.activeUnits()).isEqualTo(generalized.activeUnits);
      }
    }
    assertThat(successes).isPositive();
  }

  @Test
  void theResultAddsUp() {
    PlantedProblem planted = noisy(8);
    Problem problem = planted.problem().withWeight(1e-3);
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0());
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(solution.x());
    assertThat(solution.dataLoss()).isCloseTo(at.dataLoss, within(1e-10 * at.dataLoss));
    assertThat(solution.regularization())
        .isCloseTo(at.regularization, within(1e-10 * at.regularization));
    assertThat(solution.loss()).isEqualTo(solution.dataLoss() + solution.regularization());
    assertThat(solution.backend()).isEqualTo(backend.description());
    assertThat(solution.seconds()).isPositive();
    assertThat(solution.phases())
        .containsOnlyKeys(Phase.EVALUATE, Phase.CURVATURE, Phase.STEP, Phase.TRIAL);
    assertThat(solution.phases().values().stream().mapToDouble(v -> v).sum())
        .isLessThanOrEqualTo(solution.seconds());
  }

  // float32 storage

  /** The estimate against the distance that storing A2 as float32 really moves the minimiser. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void storageErrorIsAboutTheDistanceThatFloat32Costs(int seed) {
    PlantedProblem planted = planted(400, 60, 10, 4, seed);
    Problem exact = planted.problem();
    Problem problem = Problem.of(exact.a1(), rounded(exact.a2()), exact.b());
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0());
    assertThat(solution.converged()).isTrue();
    double actual = distance(solution.x(), planted.xStar());
    assertThat(solution.storageError()).isBetween(actual / 4, actual * 4);
  }

  /** The same for A1, and for both. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void storageErrorCountsA1(boolean both) {
    PlantedProblem planted = planted(400, 60, 10, 4, 1);
    Problem exact = planted.problem();
    Problem problem =
        Problem.of(rounded(exact.a1()), both ? rounded(exact.a2()) : exact.a2(), exact.b());
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0());
    assertThat(solution.converged()).isTrue();
    double actual = distance(solution.x(), planted.xStar());
    assertThat(solution.storageError()).isBetween(actual / 4, actual * 4);
  }

  private static Matrix rounded(Matrix matrix) {
    Matrix rounded = Matrix.allocate(matrix.rows(), matrix.columns(), ElementType.FLOAT32);
    for (long i = 0; i < matrix.rows(); i++) {
      for (long j = 0; j < matrix.columns(); j++) {
        rounded.set(i, j, matrix.get(i, j));
      }
    }
    return rounded;
  }

  @Test
  void float64HasNoStorageError() {
    PlantedProblem planted = planted(103, 31, 5, 4, 1);
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
    assertThat(solution.storageError()).isZero();
  }

  // Statuses

  /** ‖x‖² underflows or overflows: then a step of any length would pass for a short one. */
  @ParameterizedTest
  @ValueSource(doubles = {1e200, 1e-200})
  void anXBeyondFloat64IsNoSuccess(double scale) {
    PlantedProblem planted = planted(103, 31, 5, 4, 1);
    Problem problem = planted.problem();
    Matrix a1 = Matrix.allocate(31, 5, ElementType.FLOAT64);
    for (int i = 0; i < 31; i++) {
      for (int j = 0; j < 5; j++) {
        a1.set(i, j, scale * problem.a1().get(i, j));
      }
    }
    double[] x0 = Arrays.stream(planted.x0()).map(value -> value / scale).toArray();
    Solution solution =
        solver(NewtonOptions.DEFAULTS).solve(Problem.of(a1, problem.a2(), problem.b()), x0);
    assertThat(solution.status()).isEqualTo(Status.NON_FINITE);
  }

  @Test
  void everyStatusButSuccessSaysWhatToChange() {
    for (Status status : Status.values()) {
      assertThat(status.meaning()).isNotBlank();
      if (status.converged()) {
        assertThat(status.advice()).isEmpty();
      } else {
        assertThat(status.advice()).isNotBlank().doesNotContain("\n");
      }
    }
    assertThat(Arrays.stream(Status.values()).filter(Status::converged))
        .containsExactly(Status.STEP_SMALL, Status.GRADIENT_AT_ROUNDING, Status.LOSS_AT_ROUNDING);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void iterationLimit(int limit) {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withMaxIterations(limit))
            .solve(planted.problem(), planted.x0(), path::add);
    assertThat(solution.status()).isEqualTo(Status.ITERATION_LIMIT);
    assertThat(solution.iterations()).isEqualTo(limit);
    assertThat(path).hasSize(limit + 1);
    if (limit == 0) {
      assertThat(solution.x()).containsExactly(planted.x0());
    }
  }

  /** A tolerance that rounding cannot meet: the solve goes as far as float64 does. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void gradientAtRounding(int seed) {
    PlantedProblem planted = small(2, seed);
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withTolerance(1e-18)).solve(planted.problem(), planted.x0());
    assertThat(solution.status()).isEqualTo(Status.GRADIENT_AT_ROUNDING);
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(planted.problem()).at(solution.x());
    assertThat(norm(at.gradient)).isLessThan(1e-13 * norm(at.gradientMagnitude));
  }

  @Test
  void timeLimit() {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withTimeLimit(1e-9)).solve(planted.problem(), planted.x0());
    assertThat(solution.status()).isEqualTo(Status.TIME_LIMIT);
    assertThat(solution.x()).containsExactly(planted.x0());
  }

  @Test
  void aStartWithoutAnActiveUnitIsSaidToBeOne() {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), new double[12]);
    assertThat(solution.status()).isEqualTo(Status.NO_ACTIVE_UNIT);
    assertThat(solution.activeUnits()).isZero();
    assertThat(solution.iterations()).isZero();
  }

  @Test
  void anOverflowAtTheStartIsNotFinite() {
    PlantedProblem planted = planted(20, 10, 3, 4, 1);
    double[] huge = planted.problem().a2().toArray();
    Arrays.setAll(huge, i -> 1e307 * huge[i]);
    Problem problem =
        Problem.of(planted.problem().a1(), Matrix.of(20, 10, huge), planted.problem().b());
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, new double[] {1e5, 1e5, 1e5});
    assertThat(solution.status()).isEqualTo(Status.NON_FINITE);
  }

  /**
   * Softmax in one corner to the last bit: gradient and H are exactly 0, and nothing overflowed.
   */
  @ParameterizedTest
  @EnumSource
  void aSaturatedSoftmaxIsFlat(Curvature curvature) {
    PlantedProblem planted = planted(20, 10, 3, 4, 1);
    double[] steep = planted.problem().a2().toArray();
    Arrays.setAll(steep, i -> 1e6 * steep[i]);
    double[] b = new double[20];
    Arrays.fill(b, 0.05);
    Problem problem = Problem.of(planted.problem().a1(), Matrix.of(20, 10, steep), b);
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withCurvature(curvature)).solve(problem, planted.x0());
    assertThat(solution.gradientNorm()).isZero();
    assertThat(solution.status()).isEqualTo(Status.FLAT);
    assertThat(solution.x()).isEqualTo(planted.x0());
    // No step leads on from there either, but nothing is left to do where it is what was asked for.
    double[] corner = new SoftmaxReluOracle(problem).at(planted.x0()).f;
    assertThat(corner).contains(1).containsOnly(0, 1);
    Problem met = Problem.of(planted.problem().a1(), problem.a2(), corner);
    Solution there =
        solver(NewtonOptions.DEFAULTS.withCurvature(curvature)).solve(met, planted.x0());
    assertThat(there.status()).isEqualTo(Status.LOSS_AT_ROUNDING);
    assertThat(there.loss()).isZero();
    assertThat(there.iterations()).isZero();
  }

  /** Without an active unit f is uniform, which may be what is asked for. */
  @Test
  void aUniformTargetIsMetWithoutAUnit() {
    PlantedProblem planted = planted(20, 10, 3, 4, 1);
    double[] b = new double[20];
    Arrays.fill(b, 0.05);
    Problem uniform = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    assertThat(solver(NewtonOptions.DEFAULTS).solve(uniform, new double[3]).status())
        .isEqualTo(Status.LOSS_AT_ROUNDING);
    b[7] += 1e-13;
    Problem other = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    assertThat(solver(NewtonOptions.DEFAULTS).solve(other, new double[3]).status())
        .isEqualTo(Status.NO_ACTIVE_UNIT);
  }

  /**
   * One unknown, two units, one on each side of 0, both raising f_1 above b_1 = 0.2 from 0.5: the
   * minimiser is the kink itself, and the gradient beside it is 0.15 in size.
   */
  @ParameterizedTest
  @EnumSource
  void aMinimiserAtAKinkIsFoundAndSaidToBeOne(Curvature curvature) {
    Problem problem =
        Problem.of(
            Matrix.of(new double[][] {{1}, {-1}}),
            Matrix.of(new double[][] {{1, 1}, {0, 0}}),
            new double[] {0.2, 0.8});
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
            .solve(problem, new double[] {0.7}, path::add);
    assertThat(solution.status()).isEqualTo(Status.STEP_SMALL);
    assertThat(solution.x()).containsExactly(0);
    assertThat(solution.gradientNorm()).isZero();
    assertLossNeverRises(path);
  }

  @Test
  void interruptFromAListenerKeepsTheIterateReached() {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    NewtonSolver solver = solver(NewtonOptions.DEFAULTS);
    Solution solution =
        solver.solve(
            planted.problem(),
            planted.x0(),
            iteration -> {
              if (iteration.number() == 2) {
                solver.interrupt();
              }
            });
    assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
    assertThat(solution.iterations()).isEqualTo(2);
    assertThat(solver.solve(planted.problem(), planted.x0()).converged())
        .as("the next solve is not interrupted")
        .isTrue();
  }

  @Test
  void interruptFromAnotherThread() throws InterruptedException {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    NewtonSolver solver = solver(NewtonOptions.DEFAULTS);
    Thread other = new Thread(solver::interrupt);
    Solution solution =
        solver.solve(
            planted.problem(),
            planted.x0(),
            iteration -> {
              if (iteration.number() == 1) {
                other.start();
                join(other);
              }
            });
    assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
    assertThat(solution.iterations()).isEqualTo(1);
  }

  @Test
  void anInterruptedThreadEndsTheSolveAndStaysInterrupted() throws InterruptedException {
    PlantedProblem planted = planted(200, 60, 12, 4, 1);
    AtomicReference<Solution> solution = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread solving =
        new Thread(() -> {
          Thread.currentThread().interrupt();
          solution.set(solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0()));
          flag.set(Thread.currentThread().isInterrupted());
        });
    solving.start();
    solving.join();
    assertThat(solution.get().status()).isEqualTo(Status.INTERRUPTED);
    assertThat(solution.get().x()).containsExactly(planted.x0());
    assertThat(flag.get()).isTrue();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aStartThatDoesNotFitIsRefused() {
    PlantedProblem planted = planted(20, 10, 3, 4, 1);
    NewtonSolver solver = solver(NewtonOptions.DEFAULTS);
    assertThatThrownBy(() -> solver.solve(planted.problem(), new double[4]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x0");
    assertThatThrownBy(() -> solver.solve(planted.problem(), new double[] {1, Double.NaN, 1}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x0");
  }

  /** Two blocks of C, and the same way to the same minimiser. */
  @Test
  void aStreamedSolveReachesTheMinimiserOfAKeptOne() {
    PlantedProblem planted = planted(70_000, 90, 32, 4, 1);
    NewtonOptions options = NewtonOptions.DEFAULTS;
    Solution kept =
        solver(options.withPath(PathChoice.KEPT)).solve(planted.problem(), planted.x0());
    Solution streamed =
        solver(options.withPath(PathChoice.STREAMED)).solve(planted.problem(), planted.x0());
    assertThat(streamed.converged()).isTrue();
    assertThat(streamed.path()).isEqualTo(CurvaturePath.STREAMED);
    assertThat(kept.path()).isEqualTo(CurvaturePath.KEPT);
    assertThat(streamed.iterations()).isEqualTo(kept.iterations());
    for (int k = 0; k < 32; k++) {
      assertThat(streamed.x()[k]).isCloseTo(kept.x()[k], within(1e-12));
    }
  }

  @Test
  void autoKeepsCWhereItFits() {
    PlantedProblem planted = small(3, 1);
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
    assertThat(solution.path()).isEqualTo(CurvaturePath.KEPT);
    CountingBackend crowded =
        new CountingBackend(backend) {
          @Override
          public long workspaceBytes(long m, long n, long d) {
            return Long.MAX_VALUE;
          }
        };
    Solution other =
        new NewtonSolver(crowded, NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
    assertThat(other.path()).isEqualTo(CurvaturePath.STREAMED);
    assertThat(other.converged()).isTrue();
  }

  @Test
  void optionsAreChecked() {
    NewtonOptions options = NewtonOptions.DEFAULTS;
    for (double tolerance : new double[] {0, 1, -1, Double.NaN}) {
      assertThatThrownBy(() -> options.withTolerance(tolerance))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("tolerance: " + tolerance);
    }
    assertThatThrownBy(() -> options.withMaxIterations(-1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("max-iterations: -1");
    for (double limit : new double[] {0, -1, Double.NaN}) {
      assertThatThrownBy(() -> options.withTimeLimit(limit))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("time-limit: " + limit);
    }
    assertThat(
            options
                .withPath(PathChoice.STREAMED)
                .withTolerance(0.5)
                .withMaxIterations(7)
                .withTimeLimit(2)
                .withMinima(Minima.LOWER)
                .withCoarseRows(CoarseRows.of(9)))
        .isEqualTo(
            new NewtonOptions(
                Curvature.AUTO,
                PathChoice.STREAMED,
                Sampling.DEFAULTS,
                0.5,
                7,
                2,
                Minima.LOWER,
                CoarseRows.of(9)));
  }

  // The ball

  /** In two dimensions the disc can be searched: no nearby point of it has a lower loss. */
  @Test
  void whereTheBallBindsNoPointOfItNearbyIsBetter() {
    int binding = 0;
    for (int seed = 1; seed <= 12; seed++) {
      PlantedProblem planted = small(2, seed);
      double radius = 0.5 * norm(planted.xStar());
      Problem problem = planted.problem().withRadius(radius);
      Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0());
      double[] x = solution.x();
      assertThat(norm(x)).isLessThanOrEqualTo(radius * (1 + 1e-12));
      if (solution.converged() && norm(x) > 0.999 * radius) {
        binding++;
        assertThat(new SoftmaxReluOracle(problem).at(x).loss())
            .isLessThanOrEqualTo(lowestNearby(problem, x) * (1 + 1e-12));
      }
    }
    assertThat(binding).isGreaterThanOrEqualTo(6);
  }

  /** The lowest loss on a grid around x, its points outside the disc drawn back onto it. */
  private static double lowestNearby(Problem problem, double[] x) {
    SoftmaxReluOracle oracle = new SoftmaxReluOracle(problem);
    double spacing = 1e-3 * problem.radius();
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = -20; i <= 20; i++) {
      for (int j = -20; j <= 20; j++) {
        double[] y = {x[0] + spacing * i, x[1] + spacing * j};
        double outside = Math.max(1, norm(y) / problem.radius());
        Arrays.setAll(y, k -> y[k] / outside);
        lowest = Math.min(lowest, oracle.at(y).loss());
      }
    }
    return lowest;
  }

  @ParameterizedTest
  @EnumSource
  void whereTheBallBindsTheGradientPointsOutOfIt(Curvature curvature) {
    int binding = 0;
    for (int seed = 1; seed <= 12; seed++) {
      PlantedProblem planted = small(4, seed);
      double radius = 0.3 * norm(planted.xStar());
      Problem problem = planted.problem().withRadius(radius);
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature)).solve(problem, planted.x0());
      double[] x = solution.x();
      assertThat(norm(x)).isLessThanOrEqualTo(radius * (1 + 1e-12));
      if (solution.converged() && norm(x) > 0.999 * radius) {
        binding++;
        assertThat(norm(x)).isCloseTo(radius, within(1e-12 * radius));
        GeneralizedGradient generalized = new GeneralizedGradient(problem, x);
        double size = norm(generalized.at.gradient);
        assertThat(generalized.nu).isPositive();
        assertThat(generalized.distance).isLessThan(1e-6 * size);
        assertThat(solution.gradientNorm()).isCloseTo(generalized.distance, within(1e-10 * size));
      }
    }
    assertThat(binding).isGreaterThanOrEqualTo(4);
  }

  @Test
  void aBallAroundTheMinimiserDoesNotMoveIt() {
    PlantedProblem planted = planted(200, 60, 12, 4, 2);
    Solution solution =
        solver(NewtonOptions.DEFAULTS)
            .solve(planted.problem().withRadius(1.5 * norm(planted.xStar())), planted.x0());
    assertThat(solution.converged()).isTrue();
    assertThat(distance(solution.x(), planted.xStar())).isLessThan(1e-8);
  }

  @Test
  void aStartOutsideTheBallIsPulledOntoIt() {
    PlantedProblem planted = planted(200, 60, 12, 4, 2);
    double radius = 0.25 * norm(planted.x0());
    Solution solution =
        solver(NewtonOptions.DEFAULTS.withMaxIterations(0))
            .solve(planted.problem().withRadius(radius), planted.x0());
    assertThat(norm(solution.x())).isCloseTo(radius, within(1e-12));
    double[] scaled = planted.x0();
    Arrays.setAll(scaled, k -> 0.25 * scaled[k]);
    assertThat(distance(solution.x(), scaled)).isLessThan(1e-14);
  }

  // Scale

  /** The flatter softmax, the smaller loss and Hessian: by nine orders of magnitude here. */
  @ParameterizedTest
  @CsvSource({
    "4, 200",
    "4, 20000",
    "1, 200",
    "1, 20000",
    "0.1, 200",
    "0.1, 20000",
    "0.001, 200",
    "0.001, 20000"
  })
  void aFlatterOrLargerProblemChangesNoVerdict(double scale, int m) {
    PlantedProblem planted = planted(m, 60, 12, scale, 1);
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
    assertThat(solution.status())
        .isEqualTo(solution.coarse().isEmpty() ? Status.STEP_SMALL : Status.LOSS_AT_ROUNDING);
    assertThat(distance(solution.x(), planted.xStar())).isLessThan(1e-8);
    assertThat(solution.iterations()).isLessThan(12);
  }

  /** z stays, x and its gradient and Hessian scale by powers of two: every bit must follow. */
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-30, 0x1p-3, 0x1p20})
  void unitsOfXChangeNoBitOfThePath(double unit) {
    PlantedProblem planted = noisy(8);
    Problem problem = planted.problem();
    double[] a1 = problem.a1().toArray();
    Arrays.setAll(a1, i -> a1[i] / unit);
    Problem scaled = Problem.of(Matrix.of(problem.n(), problem.d(), a1), problem.a2(), problem.b());
    double[] x0 = planted.x0().clone();
    Arrays.setAll(x0, k -> unit * x0[k]);

    List<Iteration> path = new ArrayList<>();
    List<Iteration> scaledPath = new ArrayList<>();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0(), path::add);
    Solution scaledSolution = solver(NewtonOptions.DEFAULTS).solve(scaled, x0, scaledPath::add);
    double[] x = solution.x();
    Arrays.setAll(x, k -> unit * x[k]);
    assertThat(scaledSolution.x()).containsExactly(x);
    assertThat(scaledSolution.status()).isEqualTo(solution.status());
    assertThat(scaledPath).hasSameSizeAs(path);
    for (int i = 0; i < path.size(); i++) {
      assertThat(scaledPath.get(i).loss()).isEqualTo(path.get(i).loss());
      // Boxed, since the start has no gain ratio and NaN must equal NaN.
      assertThat((Double) scaledPath.get(i).gainRatio())
          .isEqualTo((Double) path.get(i).gainRatio());
      assertThat(scaledPath.get(i).stepNorm()).isEqualTo(unit * path.get(i).stepNorm());
      assertThat(scaledPath.get(i).gradientNorm()).isEqualTo(path.get(i).gradientNorm() / unit);
    }
  }

  // Listeners and records

  @Test
  void listenersSeeEveryIterationAndEachFollowsFromTheLast() {
    PlantedProblem planted = noisy(8);
    Problem problem = planted.problem().withWeight(1e-4);
    List<Iteration> path = new ArrayList<>();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, planted.x0(), path::add);
    assertThat(path).hasSize(solution.iterations() + 1);
    SoftmaxReluOracle.At start = new SoftmaxReluOracle(problem).at(planted.x0());
    Iteration first = path.getFirst();
    assertThat(first.loss()).isCloseTo(start.loss(), within(1e-12 * start.loss()));
    assertThat(first.gradientNorm())
        .isCloseTo(norm(start.gradient), within(1e-10 * norm(start.gradient)));
    assertThat(first.activeUnits()).isEqualTo(start.activeUnits());
    assertThat(first.stepNorm()).isZero();
    assertThat(first.curvature()).isNull();
    assertThat(first.gainRatio()).isNaN();
    for (int i = 0; i < path.size(); i++) {
      Iteration at = path.get(i);
      assertThat(at.number()).isEqualTo(i);
      assertThat(at.loss()).isEqualTo(at.dataLoss() + at.regularization());
      if (i > 0) {
        Iteration before = path.get(i - 1);
        assertThat(at.stepNorm()).isPositive();
        assertThat(at.stepLength()).isIn(0.25, 0.5, 1.0, 2.0);
        assertThat(at.curvature()).isNotNull();
        assertThat(at.damping()).isPositive();
        assertThat(at.rejected()).isNotNegative();
        assertThat(at.seconds()).isGreaterThanOrEqualTo(before.seconds());
        assertThat(Math.abs(at.activeUnits() - before.activeUnits()))
            .isLessThanOrEqualTo(at.flips());
      }
    }
    Iteration last = path.getLast();
    assertThat(solution.loss()).isEqualTo(last.loss());
    assertThat(solution.gradientNorm()).isEqualTo(last.gradientNorm());
    assertThat(solution.activeUnits()).isEqualTo(last.activeUnits());
  }

  @Test
  void aSolutionCannotBeChanged() {
    PlantedProblem planted = planted(103, 31, 5, 4, 1);
    double[] x0 = planted.x0().clone();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(planted.problem(), x0);
    assertThat(x0).containsExactly(planted.x0());
    double[] x = solution.x();
    x[0] = 1e9;
    assertThat(solution.x()[0]).isNotEqualTo(1e9);
    assertThatThrownBy(() -> solution.phases().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @EnumSource
  void theSameSolveGivesTheSameBits(CpuBackends which) {
    PlantedProblem planted = noisy(8);
    try (Backend first = which.open();
        Backend second = which.open()) {
      NewtonSolver solver = new NewtonSolver(first, NewtonOptions.DEFAULTS);
      double[] x = solver.solve(planted.problem(), planted.x0()).x();
      assertThat(solver.solve(planted.problem(), planted.x0()).x()).containsExactly(x);
      assertThat(
              new NewtonSolver(second, NewtonOptions.DEFAULTS)
                  .solve(planted.problem(), planted.x0())
                  .x())
          .containsExactly(x);
    }
  }

  // Memory

  /**
   * After the first iterations an iteration takes a few small objects whatever the size: m doubles
   * would be 160 KB here. On scalar kernels, because before the JIT has compiled them vector
   * kernels allocate a box per vector.
   */
  @Test
  void aSteadyIterationAllocatesNothingThatGrowsWithTheProblem() {
    PlantedProblem planted =
        PlantedProblem.generate(20_000, 100, 10, 4, 0.5, ElementType.FLOAT64, 0.3, 1);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Long> allocated = new ArrayList<>();
    List<Integer> buffers = new ArrayList<>();
    try (CountingBackend counting = new CountingBackend(CpuBackends.SCALAR_2.open())) {
      new NewtonSolver(counting, NewtonOptions.DEFAULTS.withMaxIterations(8))
          .solve(
              planted.problem(),
              planted.x0(),
              iteration -> {
                allocated.add(threads.getCurrentThreadAllocatedBytes());
                buffers.add(counting.buffers());
              });
      assertThat(counting.buffers()).isEqualTo(buffers.getLast());
    }
    assertThat(allocated).hasSizeGreaterThan(6);
    long least = Long.MAX_VALUE;
    for (int i = 3; i < allocated.size(); i++) {
      least = Math.min(least, allocated.get(i) - allocated.get(i - 1));
      assertThat(buffers.get(i)).isEqualTo(buffers.get(2));
    }
    // The least: views and boxes are allocated until the JIT has seen that they do not escape.
    assertThat(least).isLessThan(64 * 1024);
  }

  // Fixtures and arithmetic

  private NewtonSolver solver(NewtonOptions options) {
    return new NewtonSolver(backend, options);
  }

  private static PlantedProblem planted(int m, int n, int d, double scale, int seed) {
    return PlantedProblem.generate(m, n, d, scale, 0, ElementType.FLOAT64, 0.3, seed);
  }

  /** A problem whose loss is not 0 at its minimiser. */
  private static PlantedProblem noisy(int seed) {
    return PlantedProblem.generate(200, 60, 8, 4, 0.2, ElementType.FLOAT64, 0.3, seed);
  }

  /** One with few units, so that few minimisers lie at a kink. */
  private static PlantedProblem small(int d, int seed) {
    return PlantedProblem.generate(40, 12, d, 4, 0.2, ElementType.FLOAT64, 0.1, seed);
  }

  /** Beyond the rounding of a loss of f, which is known to eps max|z|. */
  private static void assertLossNeverRises(List<Iteration> path) {
    for (int i = 1; i < path.size(); i++) {
      double before = path.get(i - 1).loss();
      double rounding = 1e-13 * (Math.sqrt(2 * before) + before) + 1e-28;
      assertThat(path.get(i).loss()).isLessThanOrEqualTo(before + rounding);
    }
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
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

  @Test
  void aSolveThatRunsOutOfMemoryFreesWhatItHad() {
    PlantedProblem planted = PlantedProblem.generate(50, 12, 4, 4, 0, ElementType.FLOAT64, 0.3, 1);
    int room = 0;
    for (boolean solved = false; !solved; room++) {
      int most = room;
      List<Buffer> made = new ArrayList<>();
      try (Backend cpu = CpuBackends.VECTOR_1.open()) {
        Backend small =
            new CountingBackend(cpu) {
              @Override
              public Buffer allocate(long rows, long columns) {
                if (made.size() == most) {
                  throw new InsufficientMemoryException("no room");
                }
                made.add(super.allocate(rows, columns));
                return made.getLast();
              }
            };
        try {
          new NewtonSolver(small, NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
          solved = true;
        } catch (InsufficientMemoryException e) {
          assertThat(made).hasSize(most);
        }
        for (Buffer buffer : made) {
          double[] entries = new double[(int) (buffer.rows() * buffer.columns())];
          assertThatThrownBy(() -> cpu.read(buffer, entries))
              .isInstanceOf(IllegalStateException.class);
        }
      }
    }
    assertThat(room).isGreaterThan(10);
  }
}
