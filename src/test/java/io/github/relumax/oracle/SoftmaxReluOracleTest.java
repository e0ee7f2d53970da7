package io.github.relumax.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The oracle against central differences, which know nothing of the paper's formulas. */
final class SoftmaxReluOracleTest {
  private static final int D = 4;
  private static final double STEP = 1e-5;

  private final PlantedProblem planted =
      PlantedProblem.generate(30, 12, D, 4, 0.5, ElementType.FLOAT64, 0.3, 7);
  private final double[] weights = new double[30];
  private final Problem problem;
  private final SoftmaxReluOracle oracle;

  SoftmaxReluOracleTest() {
    Arrays.setAll(weights, i -> 0.01 * (i % 5));
    problem = planted.problem().withWeights(weights);
    oracle = new SoftmaxReluOracle(problem);
  }

  @Test
  void gradientIsTheSlopeOfTheLoss() {
    SoftmaxReluOracle.At at = oracle.at(planted.x0());
    for (int k = 0; k < D; k++) {
      double slope = (moved(k, STEP).loss() - moved(k, -STEP).loss()) / (2 * STEP);
      assertThat(at.gradient[k]).isCloseTo(slope, within(1e-8 * norm(at.gradient)));
    }
  }

  @Test
  void hessianIsTheSlopeOfTheGradient() {
    double[][] hessian = oracle.at(planted.x0()).hessian();
    for (int k = 0; k < D; k++) {
      double[] plus = moved(k, STEP).gradient;
      double[] minus = moved(k, -STEP).gradient;
      for (int i = 0; i < D; i++) {
        double slope = (plus[i] - minus[i]) / (2 * STEP);
        assertThat(hessian[i][k]).isCloseTo(slope, within(1e-7 * norm(hessian[k])));
      }
    }
  }

  /** J C v is the derivative of f along v, so vᵀ Cᵀ J² C v is its square, plus ‖W C v‖². */
  @Test
  void gaussNewtonIsTheSquareOfTheSlopeOfTheSoftmax() {
    SoftmaxReluOracle.At at = oracle.at(planted.x0());
    for (int k = 0; k < D; k++) {
      SoftmaxReluOracle.At plus = moved(k, STEP);
      SoftmaxReluOracle.At minus = moved(k, -STEP);
      double square = 0;
      for (int i = 0; i < at.f.length; i++) {
        square += Math.pow((plus.f[i] - minus.f[i]) / (2 * STEP), 2);
        square += Math.pow(weights[i] * at.c[i][k], 2);
      }
      assertThat(at.gaussNewton()[k][k]).isCloseTo(square, within(1e-7 * square));
    }
  }

  @Test
  void accurateSumKeepsWhatFloat64Drops() {
    AccurateSum sum = new AccurateSum();
    sum.add(1e100);
    sum.add(1);
    sum.add(-1e100);
    assertThat(sum.value()).isEqualTo(1);
    double third = 1.0 / 3;
    AccurateSum square = new AccurateSum();
    square.addProduct(third, third);
    square.add(-third * third);
    assertThat(square.value()).isEqualTo(Math.fma(third, third, -third * third)).isNotZero();
  }

  private SoftmaxReluOracle.At moved(int k, double by) {
    double[] x = planted.x0().clone();
    x[k] += by;
    return oracle.at(x);
  }

  private static double norm(double[] v) {
    return Math.sqrt(AccurateSum.dot(v, v).value());
  }
}
