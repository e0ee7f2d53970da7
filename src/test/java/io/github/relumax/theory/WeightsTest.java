package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;

/** Every rule against the least eigenvalue of the oracle's Hessian with those weights. */
final class WeightsTest {
  /** A little below the weight, the eigenvalue has to be below l by as much. */
  private static final double LESS = 0.98;

  @Property(tries = 250, seed = "4")
  void eachRuleReachesTheEigenvalueAndTheSmallestJustDoes(
      @ForAll @IntRange(min = 1, max = 5) int d,
      @ForAll @IntRange(min = 0, max = 40) int extra,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    int n = 6 * d + 2;
    int m = 4 * d + extra;
    double scale = Math.pow(10, 1.5 * random.nextDouble() - 0.5);
    PlantedProblem planted =
        PlantedProblem.generate(m, n, d, scale, 0, ElementType.FLOAT64, 1, seed);
    double[] x = PlantedProblem.randomStart(d, seed + 1);
    double[] b = target(planted.problem(), random);
    Problem problem = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    double share = Math.pow(10, -4 * random.nextDouble());
    try (Backend backend = CpuBackends.VECTOR_1.open();
        DataCurvature curvature = new DataCurvature(backend, problem, CurvaturePath.KEPT, x)) {
      if (!curvature.sigma().fullRank()) {
        return;
      }
      double l = share * curvature.defaultLeast() * 1e3;
      Weights weights = curvature.weights(l);
      boolean indefinite = least(problem, x) < l;
      Statistics.label("least eigenvalue without W")
          .collect(least(problem, x) < 0 ? "below 0" : indefinite ? "below l" : "l or more");

      assertThat(weights.l()).isEqualTo(l);
      if (indefinite) {
        assertThat(least(problem.withWeight(weights.smallest()), x))
            .isCloseTo(l, withPercentage(1e-3));
        assertThat(least(problem.withWeight(LESS * weights.smallest()), x)).isLessThan(l);
      } else {
        assertThat(weights.smallest()).isZero();
      }
      assertThat(least(problem.withWeight(weights.claimed()), x)).isGreaterThan(l * (1 - 1e-6));
      double[] rows = Arrays.stream(weights.rowSquares()).map(Math::sqrt).toArray();
      assertThat(least(problem.withWeights(rows), x)).isGreaterThan(l * (1 - 1e-6));
      assertThat(weights.claimed()).isGreaterThanOrEqualTo(weights.smallest() * (1 - 1e-9));
      if (Arrays.stream(b).map(Math::abs).sum() <= 1) {
        assertThat(weights.published()).isGreaterThan(weights.claimed());
      }
    }
  }

  /** The planted distribution, another one, or one that is wrong with conviction. */
  private static double[] target(Problem planted, Random random) {
    double[] b = planted.b();
    return switch (random.nextInt(3)) {
      case 0 -> b;
      case 1 -> {
        Arrays.fill(b, 0);
        b[random.nextInt(b.length)] = 0.99;
        yield b;
      }
      default -> random.doubles(b.length, -1, 1).toArray();
    };
  }

  /** B + W² &gt;= κ I is what weights by rows promise, and no more. */
  @Property(tries = 100, seed = "5")
  void weightsByRowsMakeTheMiddleMatrixJustLargeEnough(
      @ForAll @IntRange(min = 1, max = 40) int m,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] z = random.doubles(m, -4, 4).toArray();
    double[] f = SoftmaxReluOracle.softmax(z);
    double[] b = new double[m];
    b[random.nextInt(m)] = 1;
    double kappa = random.nextDouble();
    double[] rows = RowWeights.squares(f, b, kappa);
    MiddleMatrix weighted = MiddleMatrix.of(f, b, rows);
    assertThat(weighted.least()).isCloseTo(kappa, within(1e-7));
    assertThat(Arrays.stream(rows).min().orElseThrow()).isGreaterThanOrEqualTo(kappa);
    double negative =
        Arrays.stream(MiddleMatrix.diagonal(f, b)).map(value -> Math.max(-value, 0)).sum();
    assertThat(Arrays.stream(rows).map(value -> value - kappa).sum())
        .isLessThanOrEqualTo(4 * negative * (1 + 1e-9));
  }

  @Test
  void byDefaultTheLeastEigenvalueIsAThousandthOfTheMeanDiagonal() {
    PlantedProblem planted = PlantedProblem.generate(300, 60, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);
    double[][] h = new SoftmaxReluOracle(planted.problem()).at(planted.x0()).hessian();
    double mean = 0;
    for (int j = 0; j < 6; j++) {
      mean += Math.abs(h[j][j]) / 6;
    }
    Weights weights = at(planted.problem().withWeight(7), planted.x0(), OptionalDouble.empty());
    assertThat(weights.l()).isCloseTo(1e-3 * mean, withPercentage(1e-9));
  }

  /** A2 and x scaled by powers of two leave f, and so B, as it is. */
  @Test
  void scalingTheLogitsScalesTheAnswer() {
    PlantedProblem planted = PlantedProblem.generate(300, 60, 6, 4, 0, ElementType.FLOAT64, 2, 1);
    double factor = 0x1p-30;
    double[] x = Arrays.stream(planted.x0()).map(value -> value / factor).toArray();
    double[][] a2 = SoftmaxReluOracle.entries(planted.problem().a2());
    for (double[] row : a2) {
      for (int u = 0; u < row.length; u++) {
        row[u] *= factor;
      }
    }
    Problem scaled = Problem.of(planted.problem().a1(), Matrix.of(a2), planted.problem().b());
    Weights weights = at(planted.problem(), planted.x0(), OptionalDouble.empty());
    Weights same = at(scaled, x, OptionalDouble.empty());
    assertThat(weights.smallest()).isPositive();
    assertThat(same.smallest()).isEqualTo(weights.smallest());
    assertThat(same.l()).isEqualTo(weights.l() * factor * factor);
  }

  @Test
  void bothPathsAgree() {
    PlantedProblem planted = PlantedProblem.generate(9000, 40, 5, 4, 0, ElementType.FLOAT32, 2, 1);
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      List<Double> smallest = new ArrayList<>();
      for (CurvaturePath path : CurvaturePath.values()) {
        smallest.add(
            Weights.at(backend, planted.problem(), path, planted.x0(), OptionalDouble.empty())
                .smallest());
      }
      assertThat(smallest.get(0)).isPositive().isCloseTo(smallest.get(1), withPercentage(1e-6));
    }
  }

  @Test
  void whatNoWeightCanDoIsSaid() {
    PlantedProblem planted = PlantedProblem.generate(50, 4, 7, 2, 0, ElementType.FLOAT64, 0.3, 1);
    assertThatThrownBy(() -> at(planted.problem(), planted.x0(), OptionalDouble.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no full column rank")
        .hasMessageContaining("d = 7");

    PlantedProblem usual = PlantedProblem.generate(300, 60, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);
    assertThatThrownBy(() -> at(usual.problem(), usual.x0(), OptionalDouble.of(1e-25)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("within the rounding");

    double[] huge = Arrays.stream(usual.x0()).map(value -> 1e6 * value).toArray();
    assertThatThrownBy(() -> at(usual.problem(), huge, OptionalDouble.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("saturated");

    double[] overflowing = Arrays.stream(usual.x0()).map(value -> 1e308 * value).toArray();
    assertThatThrownBy(() -> at(usual.problem(), overflowing, OptionalDouble.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("overflow");
  }

  private static Weights at(Problem problem, double[] x, OptionalDouble least) {
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      return Weights.at(backend, problem, CurvaturePath.KEPT, x, least);
    }
  }

  /** λmin of the oracle's Hessian. */
  private static double least(Problem problem, double[] x) {
    return DenseEigenvalues.of(new SoftmaxReluOracle(problem).at(x).hessian())[0];
  }
}
