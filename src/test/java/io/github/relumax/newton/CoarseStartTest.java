package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The coarse problem, and solves that begin with it. */
final class CoarseStartTest {
  private final Backend backend = CpuBackends.VECTOR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  private static NewtonOptions rows(int count) {
    return NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.of(count));
  }

  private static NewtonOptions none() {
    return NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.NONE);
  }

  private Solution solve(NewtonOptions options, Problem problem, double[] x0) {
    return solve(options, problem, x0, new ArrayList<>());
  }

  private Solution solve(NewtonOptions options, Problem problem, double[] x0, List<Iteration> to) {
    return new NewtonSolver(backend, options).solve(problem, x0, to::add);
  }

  private static double distance(double[] x, double[] y) {
    double squares = 0;
    double norm = 0;
    for (int k = 0; k < x.length; k++) {
      squares += (x[k] - y[k]) * (x[k] - y[k]);
      norm += y[k] * y[k];
    }
    return Math.sqrt(squares / norm);
  }

  // The rows

  @Test
  void theHeaviestRowsAreThoseThatSortingFinds() {
    Random random = new Random(1);
    for (int m : new int[] {1, 2, 7, 100, 1001}) {
      for (int count : new int[] {1, (m + 1) / 2, m}) {
        // Few values, so that many are equal, and many that differ in their last bits alone.
        double[] weights = random.ints(m, 0, 9).asDoubleStream().toArray();
        for (int i = 0; i < m; i += 2) {
          weights[i] *= 1 + random.nextInt(3) * Math.ulp(1.0);
        }
        int[] expected =
            IntStream.range(0, m)
                .boxed()
                .sorted((i, j) -> Double.compare(weights[j], weights[i]))
                .limit(count)
                .mapToInt(i -> i)
                .sorted()
                .toArray();
        assertThat(CoarseStart.heaviest(weights, count)).isEqualTo(expected);
      }
    }
  }

  /** 1/β² times what the rows have of the loss, softmax being taken over them alone. */
  @ParameterizedTest
  @CsvSource({"FLOAT64, 0", "FLOAT64, 0.3", "FLOAT32, 0.3"})
  void itsLossIsThatOfItsRows(ElementType type, double weight) {
    int m = 41;
    PlantedProblem planted = PlantedProblem.generate(m, 17, 5, 3, 0.4, type, 0.5, 7);
    double[] w = new double[m];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    Problem problem = planted.problem().withWeights(w).withRadius(9);
    int[] rows = {0, 3, 4, 17, 28, 40};
    double beta = 0.37;
    SoftmaxReluOracle.At whole = new SoftmaxReluOracle(problem).at(planted.x0());
    double[] z = Arrays.stream(rows).mapToDouble(i -> whole.z[i]).toArray();
    double[] f = SoftmaxReluOracle.softmax(z);
    double all = Arrays.stream(w).map(one -> one * one).sum();
    double part = Arrays.stream(rows).mapToDouble(i -> w[i] * w[i]).sum();
    double expected = 0;
    for (int k = 0; k < rows.length; k++) {
      double c = beta * f[k] - problem.b()[rows[k]];
      double share = weight == 0 ? 0 : all / part;
      expected += 0.5 * (c * c + share * Math.pow(w[rows[k]] * z[k], 2));
    }
    try (Arena arena = Arena.ofShared()) {
      Problem coarse = CoarseStart.coarse(backend, problem, rows, beta, arena).orElseThrow();
      assertThat(coarse.radius()).isEqualTo(9);
      assertThat(coarse.a2().type()).isEqualTo(type);
      double loss = new SoftmaxReluOracle(coarse).at(planted.x0()).loss();
      assertThat(beta * beta * loss).isCloseTo(expected, within(1e-13 * expected));
    }
  }

  /** b may be any vector. */
  @Test
  void rowsWhoseTargetsAddUpToNothingAreNotSolvedFor() {
    PlantedProblem planted = PlantedProblem.generate(6, 12, 2, 1, 0, ElementType.FLOAT64, 0.3, 1);
    double[][] targets = {{3, -3, 0, 0, 0, 1}, {3, -4, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}};
    for (double[] b : targets) {
      Problem problem = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
      assertThat(solve(rows(1), problem, planted.x0()).coarse().isPresent())
          .isEqualTo(b[0] > 0 && Arrays.stream(b).sum() > 0);
      assertThat(solve(rows(2), problem, planted.x0()).status()).isNotEqualTo(Status.FAILED);
    }
    try (Arena arena = Arena.ofShared()) {
      int[] rows = {0, 1};
      Problem small = planted.problem();
      assertThat(CoarseStart.coarse(backend, small, rows, Double.MIN_VALUE, arena)).isEmpty();
      assertThat(CoarseStart.coarse(backend, small, rows, 1e-300, arena)).isPresent();
      assertThat(CoarseStart.coarse(backend, small.withWeight(1e100), rows, 1e-300, arena))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // m/16, 8 d, m/8, 256 MiB of A2 and C, too few for d, too few rows.
    "1000000, 100, 20, 62500",
    "40000, 100, 500, 4000",
    "40000, 100, 800, 5000",
    "400000, 10000, 400, 3226",
    "40000, 100, 2501, 0",
    "8191, 100, 20, 0",
    "8192, 100, 20, 512"
  })
  void howManyRowsFollowsFromTheSizes(int m, int n, int d, int expected) {
    int rows =
        CoarseSize.of(
                backend,
                m,
                n,
                d,
                ElementType.FLOAT64,
                (long) m * n,
                NewtonOptions.DEFAULTS,
                Long.MAX_VALUE)
            .map(CoarseSize::rows)
            .orElse(0);
    assertThat(rows).isEqualTo(expected);
  }

  @Test
  void thereIsNoneWhereItsMemoryIsNotThere() {
    CoarseSize size = size(rows(50), Long.MAX_VALUE);
    assertThat(size.bytes()).isGreaterThan(50 * 30 * 8);
    assertThat(size(rows(50), size.bytes())).isEqualTo(size);
    assertThat(size(rows(50), size.bytes() - 1)).isNull();
    assertThat(size(rows(200), Long.MAX_VALUE)).isNull();
    assertThat(size(none(), Long.MAX_VALUE)).isNull();
  }

  private CoarseSize size(NewtonOptions options, long available) {
    return CoarseSize.of(backend, 200, 30, 6, ElementType.FLOAT64, 200 * 30, options, available)
        .orElse(null);
  }

  @Test
  void whatIsAskedForReadsAsItIsWritten() {
    for (String text : new String[] {"auto", "none", "1", "4096"}) {
      assertThat(CoarseRows.parse(text)).hasToString(text);
    }
    for (String text : new String[] {"0", "-1", "many", "", "1e3", "99999999999"}) {
      assertThatThrownBy(() -> CoarseRows.parse(text))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("coarse-rows: ");
    }
  }

  // Solves

  /**
   * Where some x gives b, the coarse problem has it for its minimiser too: nothing is left to do,
   * and C is formed of the coarse problem's rows alone.
   */
  @ParameterizedTest
  @CsvSource({
    "FULL, KEPT, Infinity",
    "SKETCH_CG, KEPT, Infinity",
    "FULL, STREAMED, Infinity",
    "FULL, KEPT, 5"
  })
  void theWholeSolveEndsAtThePlantedPoint(Curvature curvature, PathChoice path, double radius) {
    PlantedProblem planted =
        PlantedProblem.generate(1009, 97, 11, 4, 0, ElementType.FLOAT64, 0.3, 2);
    List<Iteration> iterations = new ArrayList<>();
    NewtonOptions options = rows(131).withCurvature(curvature).withPath(path);
    CountingBackend counting = new CountingBackend(backend);
    Problem problem = planted.problem().withRadius(radius);
    Solution solution =
        new NewtonSolver(counting, options).solve(problem, planted.x0(), iterations::add);
    assertThat(counting.largestFormed()).isEqualTo(131);
    assertThat(solution.status()).isEqualTo(Status.LOSS_AT_ROUNDING);
    double[] gradient = new SoftmaxReluOracle(problem).at(solution.x()).gradient;
    assertThat(solution.gradientNorm()).isCloseTo(norm(gradient), within(1e-15));
    CoarseSolve coarse = solution.coarse().orElseThrow();
    assertThat(coarse.rows()).isEqualTo(131);
    assertThat(coarse.taken()).isTrue();
    assertThat(coarse.status().converged()).isTrue();
    assertThat(distance(solution.x(), planted.xStar())).isLessThan(1e-12);
    assertThat(iterations).hasSize(2);
    Iteration start = iterations.getFirst();
    assertThat(start.loss())
        .isCloseTo(
            new SoftmaxReluOracle(planted.problem()).at(planted.x0()).loss(),
            within(1e-13 * start.loss()));
    assertThat(start.gradientNorm()).isNaN();
    Iteration jump = iterations.get(1);
    assertThat(jump.number()).isEqualTo(1);
    assertThat(jump.stepLength()).isEqualTo(coarse.length()).isEqualTo(1);
    assertThat(jump.loss()).isEqualTo(solution.loss()).isLessThan(1e-28);
    assertThat(jump.gradientNorm()).isEqualTo(solution.gradientNorm());
    assertThat(jump.damping()).isEqualTo(1e-5);
    double[] x0 = planted.x0();
    double[] xStar = planted.xStar();
    double length = 0;
    for (int k = 0; k < x0.length; k++) {
      length = Math.hypot(length, xStar[k] - x0[k]);
    }
    assertThat(jump.stepNorm()).isCloseTo(length, within(1e-9));
    assertThat(jump.flips()).isEqualTo(flips(planted.problem().a1(), x0, xStar)).isPositive();
  }

  private static int flips(Matrix a1, double[] x, double[] y) {
    double[] before = SoftmaxReluOracle.times(SoftmaxReluOracle.entries(a1), x);
    double[] after = SoftmaxReluOracle.times(SoftmaxReluOracle.entries(a1), y);
    return (int)
        IntStream.range(0, before.length).filter(i -> before[i] > 0 != after[i] > 0).count();
  }

  @Test
  void aStartWithoutLossIsTheEnd() {
    PlantedProblem planted =
        PlantedProblem.generate(1009, 97, 11, 4, 0, ElementType.FLOAT64, 0.3, 2);
    CountingBackend counting = new CountingBackend(backend);
    Solution solution =
        new NewtonSolver(counting, rows(131)).solve(planted.problem(), planted.xStar());
    assertThat(solution.status()).isEqualTo(Status.LOSS_AT_ROUNDING);
    assertThat(solution.x()).isEqualTo(planted.xStar());
    assertThat(solution.iterations()).isZero();
    assertThat(solution.coarse()).isEmpty();
    double[] gradient = new SoftmaxReluOracle(planted.problem()).at(solution.x()).gradient;
    assertThat(solution.gradientNorm()).isCloseTo(norm(gradient), within(1e-14));
    assertThat(counting.formed()).isZero();
  }

  /** What float32 does to x is asked of the curvature. */
  @Test
  void float32IsSolvedOnFor() {
    PlantedProblem planted =
        PlantedProblem.generate(1009, 97, 11, 4, 0, ElementType.FLOAT32, 0.3, 2);
    for (double[] start : new double[][] {planted.x0(), planted.xStar()}) {
      Solution solution = solve(rows(131), planted.problem(), start);
      assertThat(solution.status()).isNotEqualTo(Status.LOSS_AT_ROUNDING);
      assertThat(solution.converged()).isTrue();
      assertThat(solution.storageError()).isBetween(1e-9, 1e-6);
    }
  }

  /** The rows have b as some x gives it, two others have not. */
  @Test
  void rowsThatAreMetDoNotStandForOthers() {
    PlantedProblem planted =
        PlantedProblem.generate(1009, 97, 11, 4, 0, ElementType.FLOAT64, 0.3, 2);
    double[] b = planted.problem().b();
    double[] f = new SoftmaxReluOracle(planted.problem()).at(planted.x0()).f;
    int[] light =
        IntStream.range(0, b.length)
            .boxed()
            .sorted((i, j) -> Double.compare(Math.max(b[i], f[i]), Math.max(b[j], f[j])))
            .limit(2)
            .mapToInt(i -> i)
            .toArray();
    double moved = b[light[0]] / 2;
    b[light[0]] -= moved;
    b[light[1]] += moved;
    Problem problem = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    List<Iteration> iterations = new ArrayList<>();
    Solution solution = solve(rows(131), problem, planted.x0(), iterations);
    CoarseSolve coarse = solution.coarse().orElseThrow();
    assertThat(coarse.loss()).isLessThan(1e-28);
    assertThat(coarse.length()).isEqualTo(1);
    assertThat(solution.status()).isEqualTo(Status.STEP_SMALL);
    assertThat(solution.iterations()).isGreaterThan(1);
    assertThat(solution.loss()).isCloseTo(moved * moved, within(1e-3 * moved * moved));
    assertThat(iterations.get(1).flips())
        .isEqualTo(flips(problem.a1(), planted.x0(), planted.xStar()))
        .isPositive();
  }

  /** With noise, weights and kinks: stationary, and never above a start. */
  @ParameterizedTest
  @CsvSource({"4, 0, Infinity", "4, 0.001, Infinity", "4, 0, 1.1", "1, 0, Infinity"})
  void whateverTheCoarseProblemSaysTheEndIsOneOfTheWhole(double scale, double w, double radius) {
    int taken = 0;
    for (int seed = 1; seed <= 12; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(700, 90, 10, scale, 1, ElementType.FLOAT64, 1, seed);
      Problem problem = planted.problem().withWeight(w).withRadius(radius);
      List<Iteration> iterations = new ArrayList<>();
      Solution solution = solve(rows(80), problem, planted.x0(), iterations);
      assertThat(solution.converged()).as("%s", solution.status()).isTrue();
      for (int k = 1; k < iterations.size(); k++) {
        double before = iterations.get(k - 1).loss();
        assertThat(iterations.get(k).loss()).isLessThanOrEqualTo(before * (1 + 1e-12));
      }
      taken += solution.coarse().orElseThrow().taken() ? 1 : 0;
      // From its end a solve without a coarse problem goes nowhere.
      Solution again = solve(none(), problem, solution.x());
      assertThat(again.loss()).isCloseTo(solution.loss(), within(1e-9 * solution.loss()));
    }
    assertThat(taken).isGreaterThan(6);
  }

  /** The coarse problem ends at kinks, and the first step of the whole knows about them. */
  @Test
  void whatItCameToKnowAboutKinksIsKept() {
    int atKinks = 0;
    for (int seed = 1; seed <= 6; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(700, 90, 10, 1, 1, ElementType.FLOAT64, 1, seed);
      List<Iteration> iterations = new ArrayList<>();
      Solution solution = solve(rows(80), planted.problem(), planted.x0(), iterations);
      assertThat(solution.coarse().orElseThrow().taken()).isTrue();
      atKinks += iterations.get(1).atKink() > 0 ? 1 : 0;
    }
    assertThat(atKinks).isPositive();
  }

  /** As if a thousandth of x were asked for; where there are no kinks it is what is asked for. */
  @Test
  void itEndsRoughlyAtKinksAlone() {
    int atKinks = 0;
    int more = 0;
    for (int seed = 1; seed <= 6; seed++) {
      for (double noise : new double[] {0.1, 1}) {
        PlantedProblem planted =
            PlantedProblem.generate(700, 90, 10, 1, noise, ElementType.FLOAT64, noise, seed);
        List<Iteration> iterations = new ArrayList<>();
        Solution solution = solve(rows(80), planted.problem(), planted.x0(), iterations);
        assertThat(solution.converged()).isTrue();
        Solution rough = solve(rows(80).withTolerance(1e-3), planted.problem(), planted.x0());
        int steps = solution.coarse().orElseThrow().iterations();
        int roughSteps = rough.coarse().orElseThrow().iterations();
        if (iterations.get(1).atKink() > 0) {
          assertThat(steps).isEqualTo(roughSteps);
          atKinks++;
        } else {
          more += steps - roughSteps;
        }
      }
    }
    assertThat(atKinks).isPositive();
    assertThat(more).as("steps where there are no kinks").isPositive();
  }

  /** Where some x gives b the coarse problem has it for its minimiser, kinks or not. */
  @Test
  void itEndsExactlyWhereNoLossIsLeft() {
    int atKinks = 0;
    for (int seed = 1; seed <= 40; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(300, 90, 30, 4, 0, ElementType.FLOAT64, 1, seed);
      try (NewtonRun run =
          new NewtonRun(
              backend,
              planted.problem(),
              none(),
              CurvaturePath.KEPT,
              StepMethod.FULL,
              Optional.empty(),
              IterationListener.none(),
              () -> false)) {
        run.toleranceAtKinks(1e-3);
        double distance = distance(run.solve(planted.x0()).x(), planted.xStar());
        if (run.knowsKinks() && distance < 1e-3) {
          assertThat(distance).isLessThan(1e-8);
          atKinks++;
        }
      }
    }
    assertThat(atKinks).isPositive();
  }

  /** All that a solve reports. */
  private static final class Course implements IterationListener {
    private final List<Iteration> iterations = new ArrayList<>();
    private final List<double[]> points = new ArrayList<>();

    @Override
    public void onIteration(Iteration iteration) {
      iterations.add(iteration);
    }

    @Override
    public void onPoint(Supplier<double[]> x) {
      points.add(x.get());
    }
  }

  /** Where the loss is higher at the end than at the start, but not on the way. */
  @Test
  void partOfTheWayIsGoneWhereTheEndIsHigher() {
    int part = 0;
    for (int seed = 1; seed <= 60; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(700, 90, 10, 4, 1, ElementType.FLOAT64, 0.5, seed);
      Course course = new Course();
      Solution solution =
          new NewtonSolver(backend, rows(40)).solve(planted.problem(), planted.x0(), course);
      CoarseSolve coarse = solution.coarse().orElseThrow();
      if (!coarse.taken() || coarse.length() == 1) {
        continue;
      }
      part++;
      Iteration way = course.iterations.get(1);
      double[] x = course.points.get(1);
      assertThat(way.stepLength()).isEqualTo(coarse.length()).isIn(0.5, 0.25);
      assertThat(way.flips()).isEqualTo(flips(planted.problem().a1(), planted.x0(), x));
      assertThat(way.loss())
          .isLessThan(course.iterations.getFirst().loss())
          .isCloseTo(
              new SoftmaxReluOracle(planted.problem()).at(x).loss(), within(1e-12 * way.loss()));
      assertThat(solution.converged()).as("%s", solution.status()).isTrue();
    }
    assertThat(part).isPositive();
  }

  /** A single row says nothing: its softmax is 1. */
  @Test
  void anEndThatIsNoBetterThanTheStartIsLeft() {
    PlantedProblem planted =
        PlantedProblem.generate(300, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.5, 3);
    List<Iteration> with = new ArrayList<>();
    List<Iteration> without = new ArrayList<>();
    Solution solution = solve(rows(1), planted.problem(), planted.x0(), with);
    Solution expected = solve(none(), planted.problem(), planted.x0(), without);
    assertThat(solution.coarse().orElseThrow().taken()).isFalse();
    assertThat(solution.iterations()).isEqualTo(expected.iterations());
    assertThat(solution.x()).isEqualTo(expected.x());
    assertThat(with).hasSameSizeAs(without);
  }

  /** From a minimiser of the whole problem, that of some rows leads up. */
  @Test
  void anEndThatIsHigherThanTheStartIsLeft() {
    for (int seed = 1; seed <= 5; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(300, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.5, seed);
      Solution lowest = solve(none(), planted.problem(), planted.x0());
      assertThat(lowest.converged()).isTrue();
      List<Iteration> iterations = new ArrayList<>();
      Solution solution = solve(rows(60), planted.problem(), lowest.x(), iterations);
      CoarseSolve coarse = solution.coarse().orElseThrow();
      assertThat(coarse.iterations()).isPositive();
      assertThat(coarse.taken()).isFalse();
      assertThat(solution.converged()).isTrue();
      assertThat(distance(solution.x(), lowest.x())).isLessThan(1e-7);
      assertThat(iterations).allMatch(step -> step.loss() <= lowest.loss() * (1 + 1e-9));
    }
  }

  /** Rows that have less than half of b and f stand for nothing, unless they were asked for. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 40})
  void flatTargetsHaveNone(double scale) {
    int m = CoarseSize.LEAST_M;
    PlantedProblem planted =
        PlantedProblem.generate(m, 12, 3, Math.max(scale, 1e-3), 0, ElementType.FLOAT64, 0.3, 1);
    Solution solution = solve(NewtonOptions.DEFAULTS, planted.problem(), planted.x0());
    assertThat(solution.converged()).isTrue();
    assertThat(solution.coarse().isPresent()).isEqualTo(scale > 0);
    assertThat(solve(rows(m / 16), planted.problem(), planted.x0()).coarse()).isPresent();
  }

  @Test
  void limitsHoldAtTheStart() {
    PlantedProblem planted =
        PlantedProblem.generate(300, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.5, 3);
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(planted.problem()).at(planted.x0());
    Solution limited = solve(rows(80).withMaxIterations(0), planted.problem(), planted.x0());
    assertThat(limited.status()).isEqualTo(Status.ITERATION_LIMIT);
    assertThat(limited.coarse()).isEmpty();
    assertThat(limited.x()).isEqualTo(planted.x0());
    assertThat(limited.gradientNorm()).isCloseTo(norm(at.gradient), within(1e-12));
    Solution late = solve(rows(80).withTimeLimit(1e-9), planted.problem(), planted.x0());
    assertThat(late.status()).isEqualTo(Status.TIME_LIMIT);
    assertThat(late.coarse()).isEmpty();
  }

  private static double norm(double[] v) {
    double norm = 0;
    for (double value : v) {
      norm = Math.hypot(norm, value);
    }
    return norm;
  }

  @Test
  void anInterruptedCoarseProblemEndsTheSolve() {
    PlantedProblem planted =
        PlantedProblem.generate(300, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.5, 3);
    NewtonSolver solver = new NewtonSolver(backend, rows(80));
    IterationListener interrupts =
        new IterationListener() {
          @Override
          public void onIteration(Iteration iteration) {}

          @Override
          public void phaseBegins(Phase phase) {
            if (phase == Phase.COARSE) {
              solver.interrupt();
            }
          }
        };
    Solution solution = solver.solve(planted.problem(), planted.x0(), interrupts);
    assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
    assertThat(solution.loss())
        .isLessThanOrEqualTo(
            new SoftmaxReluOracle(planted.problem()).at(planted.x0()).loss() * (1 + 1e-12));
  }

  @Test
  void withoutAnActiveUnitThereIsNothingToSolve() {
    PlantedProblem planted =
        PlantedProblem.generate(300, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.5, 3);
    Solution solution = solve(rows(80), planted.problem(), new double[8]);
    assertThat(solution.status()).isEqualTo(Status.NO_ACTIVE_UNIT);
    assertThat(solution.coarse()).isEmpty();
    assertThat(solution.gradientNorm()).isZero();
  }

  /** The further descent is one of the coarse problem, and the whole has none of its own. */
  @Test
  void lowerMinimaAreLookedForInTheCoarseProblem() {
    int lower = 0;
    for (int seed = 1; seed <= 8; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(700, 40, 20, 4, 1, ElementType.FLOAT64, 1, seed);
      Solution solution =
          solve(rows(160).withMinima(Minima.LOWER), planted.problem(), planted.x0());
      assertThat(solution.converged()).isTrue();
      CoarseSolve coarse = solution.coarse().orElseThrow();
      assertThat(solution.further().isPresent()).isNotEqualTo(coarse.taken());
      FurtherDescents further = coarse.further().orElseThrow();
      assertThat(further.count()).isEqualTo(1);
      CoarseSolve first = solve(rows(160), planted.problem(), planted.x0()).coarse().orElseThrow();
      assertThat(further.firstLoss()).isEqualTo(first.loss());
      assertThat(coarse.iterations()).isEqualTo(first.iterations() + further.iterations());
      assertThat(coarse.loss() < first.loss()).isEqualTo(further.lower() == 1);
      lower += further.lower();
    }
    assertThat(lower).isPositive();
  }

  @Test
  void targetsAreSolvedAsOneByOne() {
    PlantedProblem planted =
        PlantedProblem.generate(700, 90, 10, 4, 0, ElementType.FLOAT64, 0.3, 1);
    double[][] columns = new double[700][3];
    double[][] targets = new double[3][];
    for (int k = 0; k < 3; k++) {
      targets[k] =
          PlantedProblem.generate(700, 90, 10, 4, 0.1 * k, ElementType.FLOAT64, 0.3, 1)
              .problem()
              .b();
      for (int i = 0; i < 700; i++) {
        columns[i][k] = targets[k][i];
      }
    }
    Targets all = Targets.of(planted.problem(), Matrix.of(columns));
    List<Solution> solutions = new NewtonSolver(backend, rows(80)).solve(all, planted.x0());
    for (int k = 0; k < 3; k++) {
      Problem one = Problem.of(planted.problem().a1(), planted.problem().a2(), targets[k]);
      Solution alone = solve(rows(80), one, planted.x0());
      assertThat(solutions.get(k).coarse().orElseThrow().taken()).isTrue();
      assertThat(solutions.get(k).status()).isEqualTo(alone.status());
      assertThat(distance(solutions.get(k).x(), alone.x())).isLessThan(1e-9);
    }
  }
}
