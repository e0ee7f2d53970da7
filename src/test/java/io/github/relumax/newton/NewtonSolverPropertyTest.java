package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** What holds for any problem and any start: an honest end, never worse than the start. */
final class NewtonSolverPropertyTest {
  private static final int MOST_ITERATIONS = 60;

  private static Backend backend;

  /** Which units can be active. */
  enum Hidden {
    ANY,
    /** A1 x0 is negative in every entry. */
    ALL_DEAD,
    /** A1 x0 is positive in one entry. */
    ONE_ACTIVE
  }

  /** Where b comes from; the theory asks for a distribution, the engine takes any vector. */
  enum Target {
    DISTRIBUTION,
    ONE_HOT,
    NEGATIVE,
    SUM_5
  }

  /** The size of A2, up to logits whose squares overflow. */
  enum Logits {
    FLAT(1e-6),
    USUAL(1),
    PEAKED(30),
    SATURATED(1e5),
    HUGE(1e200);

    private final double scale;

    Logits(double scale) {
      this.scale = scale;
    }
  }

  enum Weight {
    NONE(0),
    SMALL(1e-3),
    LARGE(1e3);

    private final double value;

    Weight(double value) {
      this.value = value;
    }
  }

  /** R against ‖x0‖. */
  enum Ball {
    NONE(Double.POSITIVE_INFINITY),
    BINDING(0.3),
    WIDE(1e3);

    private final double radius;

    Ball(double radius) {
      this.radius = radius;
    }
  }

  @BeforeContainer
  static void openBackend() {
    backend = CpuBackends.VECTOR_1.open();
  }

  @AfterContainer
  static void closeBackend() {
    backend.close();
  }

  @Property(tries = 1500, seed = "2308")
  void everySolveEndsHonestly(
      @ForAll @IntRange(min = 1, max = 9) int m,
      @ForAll @IntRange(min = 1, max = 9) int n,
      @ForAll @IntRange(min = 1, max = 5) int d,
      @ForAll Hidden hidden,
      @ForAll Target target,
      @ForAll Logits logits,
      @ForAll Weight weight,
      @ForAll Ball ball,
      @ForAll Curvature curvature,
      @ForAll long seed) {
    Random random = new Random(seed);
    double[] x0 = normals(random, d);
    double radius = ball.radius * norm(x0);
    Problem problem =
        Problem.of(
                Matrix.of(hidden(hidden, random, n, x0)),
                Matrix.of(m, n, scaled(logits.scale, normals(random, m * n))),
                target(target, random, m))
            .withWeight(weight.value)
            .withRadius(radius);
    List<Iteration> path = new ArrayList<>();
    Solution solution =
        new NewtonSolver(
                backend,
                NewtonOptions.DEFAULTS.withCurvature(curvature).withMaxIterations(MOST_ITERATIONS))
            .solve(problem, x0, path::add);

    // An excursion is reported once, when it has ended.
    assertThat(path).extracting(Iteration::number).startsWith(0).isSorted().doesNotHaveDuplicates();
    assertThat(path.getLast().number()).isEqualTo(solution.iterations());
    assertThat(solution.iterations()).isLessThanOrEqualTo(MOST_ITERATIONS);
    assertThat(norm(solution.x())).isLessThanOrEqualTo(radius * (1 + 1e-12));
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(solution.x());
    double first = path.getFirst().loss();
    if (Double.isFinite(first)) {
      double rounding = 20 * solution.iterations() * lossRounding(problem, at);
      assertThat(solution.loss()).isLessThanOrEqualTo(first + rounding);
      assertThat(solution.x()).doesNotContain(Double.NaN);
    } else {
      assertThat(solution.status()).isEqualTo(Status.NON_FINITE);
    }
    switch (solution.status()) {
      case STEP_SMALL -> {
        double step = NewtonOptions.DEFAULTS.tolerance() * norm(solution.x());
        assertGradientBelow(2 * curvature(at, problem, solution) * step, problem, solution, at);
      }
      case GRADIENT_AT_ROUNDING -> {
        // A decrease of ‖g‖² / 2‖H‖ is the least that a gradient promises.
        double bound = Math.sqrt(40 * lossRounding(problem, at) * curvature(at, problem, solution));
        assertGradientBelow(bound, problem, solution, at);
      }
      case LOSS_AT_ROUNDING -> {
        double largest = Arrays.stream(at.z).map(Math::abs).max().orElseThrow();
        double bound = 10 * Math.ulp(1.0) * Math.clamp(largest, 1, 1e3) * norm(at.f);
        assertThat(Math.sqrt(2 * at.loss())).isLessThanOrEqualTo(bound);
      }
      case NO_ACTIVE_UNIT ->
          assertThat(new GeneralizedGradient(problem, solution.x()).activeUnits).isZero();
      case ITERATION_LIMIT -> assertThat(solution.iterations()).isEqualTo(MOST_ITERATIONS);
      case STALLED_AT_KINK, FLAT -> assertThat(solution.loss()).isFinite();
      case NON_FINITE -> assertThat(logits).isEqualTo(Logits.HUGE);
      case TIME_LIMIT, INTERRUPTED, FAILED -> throw new AssertionError(solution.status());
    }
    if (hidden == Hidden.ALL_DEAD) {
      // A target that is uniform, as one of a single entry is, is met without a unit.
      assertThat(solution.status()).isIn(Status.NO_ACTIVE_UNIT, Status.LOSS_AT_ROUNDING);
      assertThat(solution.iterations()).isZero();
    }
  }

  /** The gradient, as near to 0 as kinks and ball allow. */
  private static void assertGradientBelow(
      double bound, Problem problem, Solution solution, SoftmaxReluOracle.At at) {
    GeneralizedGradient generalized = new GeneralizedGradient(problem, solution.x());
    double rounding = 1e-12 * norm(at.gradientMagnitude);
    assertThat(solution.loss()).isFinite();
    // Nothing is below a loss of 0, whatever has underflowed on the way there.
    assertThat(solution.loss() == 0 ? 0 : generalized.distance)
        .as("gradient at %s", solution)
        .isLessThanOrEqualTo(bound + rounding);
  }

  /** ‖H‖, with what the ball adds to it. */
  private static double curvature(SoftmaxReluOracle.At at, Problem problem, Solution solution) {
    return Math.max(norm(flat(at.hessian())), norm(flat(at.gaussNewton())))
        + multiplier(at, problem, solution.x());
  }

  private static double multiplier(SoftmaxReluOracle.At at, Problem problem, double[] x) {
    boolean onSphere = norm(x) > problem.radius() * (1 - 1e-9);
    return onSphere ? Math.max(0, -dot(at.gradient, x) / dot(x, x)) : 0;
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
    return Math.ulp(1.0) * (largest * Math.sqrt(squares) + at.loss());
  }

  private static double[][] hidden(Hidden hidden, Random random, int n, double[] x0) {
    double[][] a1 = new double[n][];
    for (int u = 0; u < n; u++) {
      double[] row = normals(random, x0.length);
      double sign = Math.signum(dot(row, x0));
      a1[u] =
          switch (hidden) {
            case ANY -> row;
            case ALL_DEAD -> scaled(-sign, row);
            case ONE_ACTIVE -> scaled(u == n / 2 ? sign : -sign, row);
          };
    }
    return a1;
  }

  private static double[] target(Target target, Random random, int m) {
    double[] distribution = SoftmaxReluOracle.softmax(normals(random, m));
    return switch (target) {
      case DISTRIBUTION -> distribution;
      case ONE_HOT -> {
        double[] b = new double[m];
        b[random.nextInt(m)] = 1;
        yield b;
      }
      case NEGATIVE -> normals(random, m);
      case SUM_5 -> scaled(5, distribution);
    };
  }

  private static double[] normals(Random random, int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private static double[] scaled(double factor, double[] values) {
    return Arrays.stream(values).map(v -> factor * v).toArray();
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
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
