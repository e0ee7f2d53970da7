package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The element of the generalized gradient that is nearest to 0, by all patterns of bounds. */
final class KinkModelTest {
  private final Backend backend = CpuBackends.SCALAR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  @ParameterizedTest
  @CsvSource({"2, 9, 1", "2, 9, 5", "3, 12, 2", "3, 12, 6", "5, 17, 4", "9, 31, 6"})
  void theLeastGradientIsThatOfAllPatterns(int d, int n, int atKink) {
    int shorter = 0;
    for (int seed = 1; seed <= 30; seed++) {
      Random random = new Random(seed);
      double[] x = KinkProblem.integers(random, d);
      Problem problem = problem(random, x, n, atKink);
      SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(x);
      double[] v = slopes(problem, x);
      // A ridge is left by the steeper side, here where only one unit sits on one.
      if (IntStream.range(0, atKink).filter(i -> v[i] < 0).count() > 1) {
        continue;
      }
      double[][] a1 = SoftmaxReluOracle.entries(problem.a1());
      double[] gradient = at.gradient.clone();
      for (int i = 0; i < atKink; i++) {
        if (v[i] < 0) {
          gradient = longer(gradient, GeneralizedGradient.plus(gradient, v[i], a1[i]));
        }
      }
      double[][] kinks =
          IntStream.range(0, atKink)
              .filter(i -> v[i] > 0)
              .mapToObj(i -> GeneralizedGradient.plus(new double[d], v[i], a1[i]))
              .toArray(double[][]::new);
      double expected = GeneralizedGradient.least(gradient, kinks);
      double scale = norm(at.gradientMagnitude) + norm(gradient);
      double actual = norm(leastGradient(problem, x));
      assertThat(actual).as("seed %s", seed).isCloseTo(expected, within(1e-13 * scale));
      shorter += expected < 0.99 * norm(gradient) ? 1 : 0;
    }
    assertThat(shorter).isPositive();
  }

  /** Where 0 is in the generalized gradient, rounding is all that is left. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void zeroIsFoundWhereItIs(int seed) {
    KinkProblem kink = KinkProblem.of(90, 40, 9, seed, 0.5, 0.2, 2.7, 0.9, 0, 1);
    double[] least = leastGradient(kink.problem(), kink.xStar());
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(kink.problem()).at(kink.xStar());
    assertThat(norm(at.gradient)).isGreaterThan(0.1 * kink.slope());
    assertThat(norm(least)).isLessThan(GeneralizedGradient.rounding(kink.problem(), at));
  }

  /** Rows of zeros sit at z1 = 0 wherever x is: they are no kinks, and take no room. */
  @Test
  void rowsOfZerosAreNoKinks() {
    Random random = new Random(4);
    double[] x = KinkProblem.integers(random, 3);
    Problem with = problem(random, x, 9, 1);
    while (slopes(with, x)[0] < 0) {
      with = problem(random, x, 9, 1);
    }
    double[][] a1 = new double[309][3];
    double[][] a2 = new double[with.m()][309];
    for (int i = 0; i < 9; i++) {
      a1[300 + i] = SoftmaxReluOracle.entries(with.a1())[i];
      for (int j = 0; j < with.m(); j++) {
        a2[j][300 + i] = with.a2().get(j, i);
      }
    }
    for (double[] row : a2) {
      for (int i = 0; i < 300; i++) {
        row[i] = random.nextGaussian();
      }
    }
    Problem padded = Problem.of(Matrix.of(a1), Matrix.of(a2), with.b());
    double[] expected = leastGradient(with, x);
    double[] actual = leastGradient(padded, x);
    for (int k = 0; k < 3; k++) {
      assertThat(actual[k]).isCloseTo(expected[k], within(1e-14 * norm(expected)));
    }
    x[0] += 0.1;
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, padded, 1);
        KinkModel kinks = new KinkModel(backend, objective, padded.n())) {
      objective.moveTo(x);
      assertThat(kinks.count()).isZero();
      x[0] -= 0.1;
      x[0] = Math.rint(x[0]);
      objective.moveTo(x);
      assertThat(kinks.count()).isEqualTo(1);
    }
  }

  /**
   * H is that of the side by which a step leaves a kink, also where another one was assumed at
   * first; and the certificate is the same on either side of a convex one.
   */
  @ParameterizedTest
  @CsvSource({"3, 12, true", "5, 17, true", "9, 31, true", "3, 12, false", "9, 31, false"})
  void aStepLeavesKinksOnTheSideThatItsCurvatureIsOf(int d, int n, boolean ridge) {
    int left = 0;
    int followed = 0;
    int settled = 0;
    int between = 0;
    for (int seed = 1; seed <= 60; seed++) {
      Random random = new Random(seed);
      double[] x = KinkProblem.integers(random, d);
      Problem problem = moderate(problem(random, x, n, 1));
      if (slopes(problem, x)[0] < 0 != ridge) {
        continue;
      }
      SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(x);
      double[] row = SoftmaxReluOracle.entries(problem.a1())[0];
      double[] p = new double[d];
      try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1);
          KinkModel kinks = new KinkModel(backend, objective, n);
          MatrixSystem system = new MatrixSystem(backend, d);
          Buffer step = backend.allocate(1, d)) {
        objective.startAt(x);
        int active = objective.evaluation().activeUnits();
        kinks.takeSides();
        boolean turned = true;
        for (int k = 0; turned && k < 3; k++) {
          MatrixSystem h = system.of(objective.curvature(CurvatureForm.GAUSS_NEWTON));
          StepModel model = kinks.of(CurvatureForm.GAUSS_NEWTON, h);
          assertThat(model.minimise(1e-6 * model.scale(), 0, 1, step)).isTrue();
          turned = kinks.followStep();
          followed += turned ? 1 : 0;
        }
        if (turned) {
          // The step leads to the one side where H is that of the other, and back.
          between++;
          continue;
        }
        backend.read(step, p);
        double change = KinkProblem.dot(row, p);
        if (Math.abs(change) <= 1e-13 * norm(x)) {
          // Where the ridge turns on the way, the step may end at the kink, on either side.
          continue;
        }
        boolean on = change > 0;
        settled++;
        left += on ? 1 : 0;
        assertThat(objective.evaluation().activeUnits()).isEqualTo(active + (on ? 1 : 0));
        double[] h = new double[d * d];
        backend.read(objective.curvature(CurvatureForm.GAUSS_NEWTON), h);
        double[] expected = gaussNewton(at, problem, on ? row : new double[d]);
        for (int k = 0; k < d * d; k++) {
          assertThat(h[k]).isCloseTo(expected[k], within(1e-12 * norm(expected)));
        }
        if (!ridge) {
          double[] expectedLeast = leastGradient(problem, x);
          double[] least = new double[d];
          kinks.leastGradient(step);
          backend.read(step, least);
          for (int k = 0; k < d; k++) {
            assertThat(least[k])
                .isCloseTo(expectedLeast[k], within(1e-13 * norm(at.gradientMagnitude)));
          }
        }
        kinks.leaveSides();
        assertThat(objective.evaluation().activeUnits()).isEqualTo(active);
      }
    }
    assertThat(left).isPositive();
    assertThat(followed).isPositive();
    assertThat(settled).as("not between two sides").isGreaterThan(9 * between);
  }

  /** The same with logits of about one, so that softmax is not saturated. */
  private static Problem moderate(Problem problem) {
    double[][] a2 = SoftmaxReluOracle.entries(problem.a2());
    for (double[] row : a2) {
      Arrays.setAll(row, i -> 0.1 * row[i]);
    }
    return Problem.of(problem.a1(), Matrix.of(a2), problem.b());
  }

  /** (J C)ᵀ J C with J = diag(f) - f fᵀ and the first unit's row added to C. */
  private static double[] gaussNewton(SoftmaxReluOracle.At at, Problem problem, double[] row) {
    int d = row.length;
    double[] f = at.f;
    double[][] jc = new double[f.length][d];
    for (int j = 0; j < d; j++) {
      double mean = 0;
      for (int i = 0; i < f.length; i++) {
        jc[i][j] = at.c[i][j] + problem.a2().get(i, 0) * row[j];
        mean += f[i] * jc[i][j];
      }
      for (int i = 0; i < f.length; i++) {
        jc[i][j] = f[i] * (jc[i][j] - mean);
      }
    }
    double[] h = new double[d * d];
    for (int k = 0; k < d * d; k++) {
      for (double[] line : jc) {
        h[k] += line[k / d] * line[k % d];
      }
    }
    return h;
  }

  private double[] leastGradient(Problem problem, double[] x) {
    double[] least = new double[problem.d()];
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1);
        KinkModel kinks = new KinkModel(backend, objective, problem.n());
        Buffer out = backend.allocate(1, problem.d())) {
      objective.moveTo(x);
      kinks.leastGradient(out);
      backend.read(out, least);
    }
    return least;
  }

  private static Problem problem(Random random, double[] x, int n, int atKink) {
    int d = x.length;
    int m = 2 * d + 5;
    double[][] a1 = new double[n][];
    Arrays.setAll(
        a1, i -> i < atKink ? KinkProblem.orthogonal(random, x) : KinkProblem.normals(random, d));
    if (atKink > 3) {
      a1[1] = a1[0].clone();
    }
    double[][] a2 = new double[m][];
    Arrays.setAll(a2, i -> KinkProblem.normals(random, n));
    double[] b = SoftmaxReluOracle.softmax(KinkProblem.normals(random, m));
    return Problem.of(Matrix.of(a1), Matrix.of(a2), b);
  }

  private static double[] slopes(Problem problem, double[] x) {
    return GeneralizedGradient.slopes(problem, new SoftmaxReluOracle(problem).at(x));
  }

  private static double[] longer(double[] u, double[] v) {
    return norm(u) >= norm(v) ? u : v;
  }

  private static double norm(double[] v) {
    return Math.sqrt(KinkProblem.dot(v, v));
  }
}
