package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the masks of points just before and just beyond. */
final class KinksTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "17, 5", "103, 9"})
  void noUnitTurnsBeforeTheKinkAndOneDoesBeyond(int n, int d) {
    PlantedProblem planted = PlantedProblem.generate(4, n, d, 1, 0, ElementType.FLOAT64, 1, n);
    double[] x = planted.x0();
    double[][] a1 = SoftmaxReluOracle.entries(planted.problem().a1());
    Random random = new Random(n);
    try (Backend backend = CpuBackends.VECTOR_2.open();
        Kinks kinks = new Kinks(backend, planted.problem(), SoftmaxReluOracle.times(a1, x))) {
      double nearest = Double.POSITIVE_INFINITY;
      for (int k = 0; k < 50; k++) {
        double[] v = random.doubles(d, -1, 1).toArray();
        double room = kinks.room(v);
        if (Double.isInfinite(room)) {
          assertThat(mask(a1, x, v, 1e9)).isEqualTo(mask(a1, x, v, 0));
        } else {
          assertThat(mask(a1, x, v, room * (1 - 1e-9))).isEqualTo(mask(a1, x, v, 0));
          assertThat(mask(a1, x, v, room * (1 + 1e-9))).isNotEqualTo(mask(a1, x, v, 0));
          nearest = Math.min(nearest, room * Vectors.norm(v));
        }
      }
      // The nearest of all lies straight along a row of A1, or against it.
      for (double[] row : a1) {
        double z = 0;
        for (int k = 0; k < d; k++) {
          z += row[k] * x[k];
        }
        double sign = z > 0 ? -1 : 1;
        double[] v = Arrays.stream(row).map(value -> sign * value).toArray();
        nearest = Math.min(nearest, kinks.room(v) * Vectors.norm(v));
      }
      assertThat(kinks.distance()).isCloseTo(nearest, withPercentage(1e-9));
    }
  }

  @Test
  void aUnitAtItsKinkLeavesNoRoomOnTheSideThatTurnsItOn() {
    Problem problem =
        Problem.of(
            Matrix.of(new double[][] {{1, 0}, {0, 1}, {0, 0}}),
            Matrix.of(new double[][] {{1, 2, 3}}),
            new double[] {1});
    try (Backend backend = CpuBackends.VECTOR_2.open();
        Kinks kinks = new Kinks(backend, problem, new double[] {3, 0, 0})) {
      assertThat(kinks.room(new double[] {0, 1})).isZero();
      assertThat(kinks.room(new double[] {0, -1})).isInfinite();
      assertThat(kinks.room(new double[] {-2, -1})).isEqualTo(1.5);
      assertThat(kinks.distance()).isZero();
    }
  }

  private static boolean[] mask(double[][] a1, double[] x, double[] v, double t) {
    double[] z1 = SoftmaxReluOracle.times(a1, x);
    double[] change = SoftmaxReluOracle.times(a1, v);
    boolean[] mask = new boolean[z1.length];
    for (int u = 0; u < z1.length; u++) {
      mask[u] = z1[u] + t * change[u] > 0;
    }
    return mask;
  }
}
