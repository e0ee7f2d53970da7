package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole solves that end, or begin, where units sit at their kink. */
final class KinkSolveTest {
  private static final double EPS = Math.ulp(1.0);

  private final Backend backend = CpuBackends.VECTOR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  // Minimisers that are known

  /** Multipliers well inside, one at each end (degenerate), a unit twice, as many units as fit. */
  enum Kinks {
    ONE(0.5),
    SEVERAL(0.5, 0.2, 0.8, 0.35),
    DEGENERATE_LOW(0.5, 0.0, 0.3),
    DEGENERATE_HIGH(0.5, 1.0, 0.3),
    TWICE(0.5, 2.4, 0.3),
    MOST(0.5, 0.2, 0.8, 0.35, 0.6, 0.7, 0.45, 0.25);

    @SuppressWarnings("ImmutableEnumChecker") // Made by List.of.
    private final List<Double> multipliers;

    Kinks(Double... multipliers) {
      this.multipliers = List.of(multipliers);
    }

    double[] multipliers() {
      return multipliers.stream().mapToDouble(s -> s).toArray();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"AUTO", "FULL", "EXACT", "GAUSS_NEWTON", "SAMPLED", "SKETCH_CG"})
  void aMinimiserAtKinksIsFound(Curvature curvature) {
    List<String> missed = new ArrayList<>();
    for (Kinks kinks : Kinks.values()) {
      for (int seed = 1; seed <= 5; seed++) {
        KinkProblem kink = KinkProblem.of(300, 60, 9, seed, kinks.multipliers());
        List<Iteration> path = new ArrayList<>();
        Solution solution =
            solver(NewtonOptions.DEFAULTS.withCurvature(curvature).withTolerance(1e-11))
                .solve(kink.problem(), kink.startAt(0.01, seed), path::add);
        double distance = distance(solution.x(), kink.xStar());
        assertLossNeverRises(path);
        if (!solution.converged() || !(distance <= 1e-10)) {
          missed.add(
              "%s, seed %d: %s after %d, ‖x - x*‖ = %.1e ‖x*‖, gradient %.1e"
                  .formatted(
                      kinks,
                      seed,
                      solution.status(),
                      solution.iterations(),
                      distance,
                      solution.gradientNorm()));
        } else {
          assertStationary(kink.problem(), solution, curvature + " " + kinks + " " + seed);
        }
      }
    }
    assertThat(missed).isEmpty();
  }

  /**
   * A large residual makes the Hessian indefinite, but not along the kinks; and it makes the
   * Gauss-Newton matrix too large or too small by more than half in some directions.
   */
  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"FULL", "EXACT", "GAUSS_NEWTON"})
  void aMinimiserThatOnlyKinksHoldIsFound(Curvature curvature) {
    List<String> missed = new ArrayList<>();
    int indefinite = 0;
    for (double residual : new double[] {0.03, 0.1}) {
      for (int seed = 1; seed <= 8; seed++) {
        KinkProblem kink =
            KinkProblem.of(residual, 300, 60, 9, seed, 0.5, 0.2, 0.8, 0.35, 0.6, 0.7);
        indefinite += isIndefinite(kink) ? 1 : 0;
        List<Iteration> path = new ArrayList<>();
        Solution solution =
            solver(NewtonOptions.DEFAULTS.withCurvature(curvature).withTolerance(1e-11))
                .solve(kink.problem(), kink.startAt(0.01, seed), path::add);
        assertLossNeverRises(path);
        double distance = distance(solution.x(), kink.xStar());
        if (!solution.converged() || !(distance <= 1e-10)) {
          missed.add(
              "%s, seed %d: %s after %d, ‖x - x*‖ = %.1e ‖x*‖"
                  .formatted(residual, seed, solution.status(), solution.iterations(), distance));
        }
      }
    }
    assertThat(missed).isEmpty();
    assertThat(indefinite).as("indefinite Hessians").isGreaterThan(4);
  }

  private static boolean isIndefinite(KinkProblem kink) {
    double[][] hessian = new SoftmaxReluOracle(kink.problem()).at(kink.xStar()).hessian();
    LinearSolverDense<DMatrixRMaj> cholesky = LinearSolverFactory_DDRM.chol(hessian.length);
    return !cholesky.setA(new DMatrixRMaj(hessian));
  }

  /** From afar another minimiser may be found: one by the certificate, and by differences. */
  @ParameterizedTest
  @CsvSource({"0.1, FULL", "1, FULL", "1, EXACT", "1, GAUSS_NEWTON"})
  void fromAfarAMinimiserIsFound(double start, Curvature curvature) {
    List<String> missed = new ArrayList<>();
    int atKinks = 0;
    for (Kinks kinks : Kinks.values()) {
      for (int seed = 1; seed <= 4; seed++) {
        KinkProblem kink = KinkProblem.of(300, 60, 9, seed, kinks.multipliers());
        List<Iteration> path = new ArrayList<>();
        Solution solution =
            solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
                .solve(kink.problem(), kink.startAt(start, seed), path::add);
        assertLossNeverRises(path);
        if (!solution.converged()) {
          missed.add(kinks + ", seed " + seed + ": " + solution.status());
        } else {
          assertStationary(kink.problem(), solution, curvature + " " + kinks + " " + seed);
          atKinks += new GeneralizedGradient(kink.problem(), solution.x()).kinks.length > 0 ? 1 : 0;
        }
      }
    }
    assertThat(missed).isEmpty();
    assertThat(atKinks).as("solutions at kinks").isGreaterThan(4);
  }

  /** x* on the sphere as well: ν joins the multipliers of the kinks. */
  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"AUTO", "FULL", "EXACT", "GAUSS_NEWTON", "SAMPLED", "SKETCH_CG"})
  void aBallThatBindsAtKinks(Curvature curvature) {
    List<String> missed = new ArrayList<>();
    int atKinks = 0;
    int binding = 0;
    for (int seed = 1; seed <= 10; seed++) {
      KinkProblem kink = KinkProblem.of(300, 60, 9, seed, 0.5, 0.2, 0.8);
      double radius = 0.999 * norm(kink.xStar());
      Problem problem = kink.problem().withRadius(radius);
      List<Iteration> path = new ArrayList<>();
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
              .solve(problem, kink.startAt(0.01, seed), path::add);
      assertLossNeverRises(path);
      double size = norm(solution.x());
      assertThat(size).isLessThanOrEqualTo(radius * (1 + 1e-12));
      atKinks += new GeneralizedGradient(problem, solution.x()).kinks.length;
      if (!solution.converged()) {
        missed.add(seed + ": " + solution.status() + " after " + solution.iterations());
      } else {
        binding += size > radius * (1 - 1e-9) ? 1 : 0;
        assertStationary(problem, solution, curvature + " seed " + seed);
      }
    }
    assertThat(missed).isEmpty();
    assertThat(atKinks).as("units at kinks").isGreaterThan(10);
    assertThat(binding).as("on the sphere").isGreaterThan(5);
  }

  // Problems with noise

  /** Of the minimisers of such problems most lie at kinks. */
  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"AUTO", "FULL", "EXACT", "GAUSS_NEWTON", "SAMPLED", "SKETCH_CG"})
  void problemsWithNoiseEndConverged(Curvature curvature) {
    List<String> missed = new ArrayList<>();
    int atKinks = 0;
    for (int seed = 1; seed <= 20; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(200, 60, 8, 4, 0.5, ElementType.FLOAT64, 0.3, seed);
      List<Iteration> path = new ArrayList<>();
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
              .solve(planted.problem(), planted.x0(), path::add);
      assertLossNeverRises(path);
      atKinks += new GeneralizedGradient(planted.problem(), solution.x()).kinks.length > 0 ? 1 : 0;
      if (!solution.converged()) {
        missed.add(seed + ": " + solution.status() + " after " + solution.iterations());
      } else {
        assertStationary(planted.problem(), solution, curvature + " seed " + seed);
      }
    }
    assertThat(missed).isEmpty();
    assertThat(atKinks).as("solutions at kinks").isGreaterThan(2);
  }

  /** As many active units as unknowns, and noise: units that wake meet curvature of their own. */
  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"FULL", "EXACT"})
  void asManyActiveUnitsAsUnknownsEndConverged(Curvature curvature) {
    List<String> missed = new ArrayList<>();
    for (int seed = 1; seed <= 12; seed++) {
      PlantedProblem planted =
          PlantedProblem.generate(300, 60, 30, 4, 1, ElementType.FLOAT64, 0.3, seed);
      List<Iteration> path = new ArrayList<>();
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature))
              .solve(planted.problem(), planted.x0(), path::add);
      assertLossNeverRises(path);
      if (!solution.converged()) {
        missed.add(seed + ": " + solution.status() + " after " + solution.iterations());
      } else {
        assertStationary(planted.problem(), solution, curvature + " seed " + seed);
      }
    }
    assertThat(missed).isEmpty();
  }

  // Starts at kinks

  /** x0 with a third of the units exactly at their kink, on both kinds of them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void aStartAtManyKinksIsLeft(int seed) {
    Random random = new Random(seed);
    int d = 7;
    double[] x0 = KinkProblem.integers(random, d);
    double[][] a1 = new double[30][];
    Arrays.setAll(
        a1, i -> i % 3 == 0 ? KinkProblem.orthogonal(random, x0) : KinkProblem.normals(random, d));
    Problem problem = random(random, a1);
    double[] v = slopes(problem, x0);
    assertThat(IntStream.range(0, 30).filter(i -> i % 3 == 0 && v[i] < 0).count()).isPositive();
    assertThat(IntStream.range(0, 30).filter(i -> i % 3 == 0 && v[i] > 0).count()).isPositive();
    List<Iteration> path = new ArrayList<>();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, x0, path::add);
    assertLossNeverRises(path);
    assertThat(solution.status().converged()).as("%s", solution.status()).isTrue();
    assertThat(solution.loss()).isLessThan(path.getFirst().loss());
    assertStationary(problem, solution, "seed " + seed);
  }

  /**
   * As many units as keep half of them near d, and a target far from what they reach: steps meet
   * ridges time and again. Where the curvature of the unit that a step leads onto is missing, the
   * damping has to make up for it, step after step; both then reach the iteration limit.
   */
  @ParameterizedTest
  @ValueSource(ints = {26, 43})
  void ridgesAreLeftWithTheCurvatureBesideThem(int seed) {
    PlantedProblem planted =
        PlantedProblem.generate(400, 80, 40, 4, 1, ElementType.FLOAT64, 1, seed);
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        new NewtonSolver(backend, NewtonOptions.DEFAULTS)
            .solve(planted.problem(), planted.x0(), path::add);
    assertThat(solution.converged()).isTrue();
    assertThat(solution.iterations()).isLessThan(150);
    for (int k = 1; k < path.size(); k++) {
      double before = path.get(k - 1).loss();
      assertThat(path.get(k).loss()).isLessThanOrEqualTo(before * (1 + 1e-12));
    }
    GeneralizedGradient at = new GeneralizedGradient(planted.problem(), solution.x());
    assertThat(solution.activeUnits()).isEqualTo(at.activeUnits);
  }

  /** As {@link Status#NO_ACTIVE_UNIT} says: nothing is active, so nothing is known to help. */
  @Test
  void atZeroNoUnitIsActiveWhateverItsSlope() {
    Random random = new Random(1);
    double[][] a1 = new double[12][];
    Arrays.setAll(a1, i -> KinkProblem.normals(random, 4));
    Problem problem = random(random, a1);
    assertThat(Arrays.stream(slopes(problem, new double[4])).min().getAsDouble()).isNegative();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, new double[4]);
    assertThat(solution.status()).isEqualTo(Status.NO_ACTIVE_UNIT);
    assertThat(solution.x()).containsOnly(0.0);
    assertThat(solution.iterations()).isZero();
  }

  /** Rows of zeros change nothing but the number of units. */
  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"AUTO", "EXACT", "GAUSS_NEWTON"})
  void rowsOfZerosChangeNothing(Curvature curvature) {
    for (int seed = 1; seed <= 5; seed++) {
      KinkProblem kink = KinkProblem.of(300, 60, 9, seed, 0.5, 0.2, 0.8);
      double[][] a1 = SoftmaxReluOracle.entries(kink.problem().a1());
      double[][] a2 = SoftmaxReluOracle.entries(kink.problem().a2());
      double[][] padded = new double[160][9];
      System.arraycopy(a1, 0, padded, 100, 60);
      Random random = new Random(seed);
      double[][] more = new double[300][];
      for (int j = 0; j < 300; j++) {
        more[j] = KinkProblem.normals(random, 160);
        System.arraycopy(a2[j], 0, more[j], 100, 60);
      }
      Problem problem = Problem.of(Matrix.of(padded), Matrix.of(more), kink.problem().b());
      Solution solution =
          solver(NewtonOptions.DEFAULTS.withCurvature(curvature).withTolerance(1e-11))
              .solve(problem, kink.startAt(0.01, seed));
      assertThat(solution.status().converged()).as("seed %s: %s", seed, solution.status()).isTrue();
      assertThat(distance(solution.x(), kink.xStar())).isLessThanOrEqualTo(1e-10);
    }
  }

  /** All kinks pass through 0, where the loss is 0 for a uniform b. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void aMinimiserAtTheOriginIsReached(int d) {
    Random random = new Random(d);
    double[][] a1 = new double[20][];
    Arrays.setAll(a1, i -> KinkProblem.normals(random, d));
    double[][] a2 = new double[30][];
    Arrays.setAll(a2, i -> KinkProblem.normals(random, 20));
    double[] b = new double[30];
    Arrays.fill(b, 1.0 / 30);
    assertEndsAtOrigin(Problem.of(Matrix.of(a1), Matrix.of(a2), b), KinkProblem.normals(random, d));
  }

  /**
   * And where every unit that wakes raises the loss: 0 is a minimiser by its kinks alone. A step
   * that leads there ends beside it by rounding, where the loss may be lower by rounding.
   */
  @ParameterizedTest
  @CsvSource({"1, 20", "2, 20", "3, 20", "5, 20", "8, 1"})
  void aMinimiserAtTheOriginByItsKinksIsReached(int d, int seeds) {
    for (int seed = 0; seed < seeds; seed++) {
      Random random = new Random(d + 1000 * seed);
      double[][] a1 = new double[20][];
      Arrays.setAll(a1, i -> KinkProblem.normals(random, d));
      double[][] a2 = new double[30][];
      Arrays.setAll(a2, i -> KinkProblem.normals(random, 20));
      double[] b = SoftmaxReluOracle.softmax(KinkProblem.normals(random, 30));
      double[] v = slopes(Problem.of(Matrix.of(a1), Matrix.of(a2), b), new double[d]);
      for (double[] row : a2) {
        Arrays.setAll(row, i -> 0.1 * Math.signum(v[i]) * row[i]);
      }
      double[] x0 = KinkProblem.normals(random, d);
      assertEndsAtOrigin(Problem.of(Matrix.of(a1), Matrix.of(a2), b), x0);
    }
  }

  private void assertEndsAtOrigin(Problem problem, double[] x0) {
    List<Iteration> path = new ArrayList<>();
    Solution solution = solver(NewtonOptions.DEFAULTS).solve(problem, x0, path::add);
    assertLossNeverRises(path);
    assertThat(solution.status()).isEqualTo(Status.STEP_SMALL);
    assertThat(norm(solution.x())).isZero();
    assertThat(solution.iterations()).isLessThan(30);
  }

  // What a stationary point is

  /**
   * The certificate is what all patterns of the kinks give, and small; and no direction leads down:
   * 200 random ones, those of the coordinates, and those of the units at their kink.
   */
  private static void assertStationary(Problem problem, Solution solution, String name) {
    double[] x = solution.x();
    GeneralizedGradient generalized = new GeneralizedGradient(problem, x);
    SoftmaxReluOracle.At at = generalized.at;
    assertThat(solution.gradientNorm())
        .as("certificate, %s, %s kinks", name, generalized.kinks.length)
        .isCloseTo(generalized.distance, within(generalized.rounding));
    double curvature = Math.max(size(at.hessian()), size(at.gaussNewton())) + generalized.nu;
    double longestStep = NewtonOptions.DEFAULTS.tolerance() * norm(x);
    assertThat(solution.gradientNorm())
        .as("gradient, %s", name)
        .isLessThanOrEqualTo(2 * curvature * longestStep + generalized.rounding);

    Random random = new Random(17);
    List<double[]> directions = new ArrayList<>();
    for (int k = 0; k < 200; k++) {
      directions.add(KinkProblem.normals(random, x.length));
    }
    for (int k = 0; k < x.length; k++) {
      for (double sign : new double[] {1, -1}) {
        double[] axis = new double[x.length];
        axis[k] = sign;
        directions.add(axis);
      }
    }
    double[][] a1 = SoftmaxReluOracle.entries(problem.a1());
    for (int i : generalized.kinks) {
      directions.add(a1[i]);
      directions.add(Arrays.stream(a1[i]).map(a -> -a).toArray());
    }
    // Of losses whose logits are summed in float64.
    double rounding = 20 * lossRounding(problem, at);
    double[][] a2 = SoftmaxReluOracle.entries(problem.a2());
    double here = loss(a1, a2, problem.b(), x);
    for (double[] direction : directions) {
      double length = norm(direction);
      for (double t : new double[] {1e-4, 1e-5, 1e-6}) {
        double step = t * norm(x);
        double[] y = x.clone();
        Arrays.setAll(y, k -> x[k] + step * direction[k] / length);
        double outside = Math.max(1, norm(y) / problem.radius());
        Arrays.setAll(y, k -> y[k] / outside);
        double change = loss(a1, a2, problem.b(), y) - here;
        // A gradient of this size leads down by step ‖g‖; on the sphere curvature bends it.
        double allowed = rounding + 2 * step * solution.gradientNorm();
        assertThat(change).as("%s, t %s", name, t).isGreaterThanOrEqualTo(-allowed);
      }
    }
  }

  /** 1/2 ‖softmax(A2 relu(A1 x)) - b‖², of which the oracle would take too long for so many. */
  private static double loss(double[][] a1, double[][] a2, double[] b, double[] x) {
    double[] h =
        Arrays.stream(a1).mapToDouble(row -> Math.max(0, KinkProblem.dot(row, x))).toArray();
    double[] f = Arrays.stream(a2).mapToDouble(row -> KinkProblem.dot(row, h)).toArray();
    double largest = Arrays.stream(f).max().orElseThrow();
    double sum = 0;
    for (int i = 0; i < f.length; i++) {
      f[i] = Math.exp(f[i] - largest);
      sum += f[i];
    }
    double squares = 0;
    for (int i = 0; i < f.length; i++) {
      squares += (f[i] / sum - b[i]) * (f[i] / sum - b[i]);
    }
    return 0.5 * squares;
  }

  private static double[] slopes(Problem problem, double[] x) {
    return GeneralizedGradient.slopes(problem, new SoftmaxReluOracle(problem).at(x));
  }

  // Fixtures and arithmetic

  private static Problem random(Random random, double[][] a1) {
    int m = 3 * a1[0].length + 20;
    double[][] a2 = new double[m][];
    Arrays.setAll(a2, i -> KinkProblem.normals(random, a1.length));
    for (double[] row : a2) {
      // Logits of a few.
      Arrays.setAll(row, u -> 0.1 * row[u]);
    }
    double[] b = SoftmaxReluOracle.softmax(KinkProblem.normals(random, m));
    return Problem.of(Matrix.of(a1), Matrix.of(a2), b);
  }

  private NewtonSolver solver(NewtonOptions options) {
    return new NewtonSolver(backend, options);
  }

  /** Beyond the rounding of a loss of f, which is known to eps max|z|. */
  private static void assertLossNeverRises(List<Iteration> path) {
    for (int i = 1; i < path.size(); i++) {
      double before = path.get(i - 1).loss();
      double rounding = 1e-13 * (Math.sqrt(2 * before) + before) + 1e-28;
      assertThat(path.get(i).loss()).isLessThanOrEqualTo(before + rounding);
    }
  }

  /** A relative error eps |z_i| of f_i, as it shows in the loss. */
  private static double lossRounding(Problem problem, SoftmaxReluOracle.At at) {
    double[] b = problem.b();
    double squares = 0;
    double largest = 1;
    for (int i = 0; i < b.length; i++) {
      squares += Math.pow(at.f[i] * (at.f[i] - b[i]), 2);
      largest = Math.max(largest, Math.abs(at.z[i]));
    }
    return EPS * (largest * Math.sqrt(squares) + at.loss());
  }

  private static double size(double[][] matrix) {
    return norm(Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray());
  }

  private static double distance(double[] x, double[] reference) {
    double[] difference = new double[x.length];
    Arrays.setAll(difference, k -> x[k] - reference[k]);
    return norm(difference) / norm(reference);
  }

  private static double norm(double[] v) {
    return Math.sqrt(KinkProblem.dot(v, v));
  }
}
