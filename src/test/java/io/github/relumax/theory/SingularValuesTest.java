package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.SingularOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against EJML's singular values of the oracle's C. */
final class SingularValuesTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, FLOAT64",
    "3, 5, 2, FLOAT64",
    "103, 17, 5, FLOAT64",
    "103, 17, 5, FLOAT32",
    "40, 60, 8, FLOAT64",
    "4500, 30, 7, FLOAT64"
  })
  void agreeWithADecompositionOfC(int m, int n, int d, ElementType type) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 2, 0, type, 0.3, 3);
    double[] x = active(planted);
    double[] expected = singularValues(new SoftmaxReluOracle(planted.problem()).at(x).c);
    for (CurvaturePath path : CurvaturePath.values()) {
      SingularValues found = of(planted.problem(), x, path);
      assertThat(found.greatest()).isCloseTo(expected[0], within(1e-12 * expected[0]));
      assertThat(found.least()).isCloseTo(expected[d - 1], within(1e-11 * expected[0]));
      assertThat(found.fullRank()).isTrue();
    }
  }

  /** One column of A1 is nearly the sum of the others: κ(C) about 3e5. */
  @Test
  void theLeastOneKeepsDigitsWhereTheGramMatrixHasFew() {
    PlantedProblem planted = PlantedProblem.generate(200, 60, 6, 2, 0, ElementType.FLOAT64, 0.3, 1);
    double[][] a1 = SoftmaxReluOracle.entries(planted.problem().a1());
    for (double[] row : a1) {
      row[5] = row[0] + row[1] - row[2] + 1e-5 * row[5];
    }
    Problem problem = Problem.of(Matrix.of(a1), planted.problem().a2(), planted.problem().b());
    double[] expected = singularValues(new SoftmaxReluOracle(problem).at(planted.x0()).c);
    assertThat(expected[0] / expected[5]).isGreaterThan(1e5);
    SingularValues found = of(problem, planted.x0());
    assertThat(found.least()).isCloseTo(expected[5], within(1e-7 * expected[5]));
    assertThat(found.fullRank()).isTrue();
  }

  @Test
  void fewerActiveUnitsThanUnknownsLeaveNoFullRank() {
    PlantedProblem planted = PlantedProblem.generate(50, 4, 7, 2, 0, ElementType.FLOAT64, 0.3, 1);
    SingularValues found = of(planted.problem(), planted.x0());
    assertThat(found.fullRank()).isFalse();
    assertThat(found.greatest()).isPositive();
    assertThat(found.least()).isLessThan(1e-6 * found.greatest());
  }

  @Test
  void noActiveUnitMakesCZero() {
    PlantedProblem planted = PlantedProblem.generate(50, 20, 3, 2, 0, ElementType.FLOAT64, 0.3, 1);
    SingularValues found = of(planted.problem(), new double[3]);
    assertThat(found).isEqualTo(new SingularValues(0, 0, false));
  }

  /** x0, or -x0 where no unit is active there. */
  private static double[] active(PlantedProblem planted) {
    double[] x = planted.x0();
    boolean dead = new SoftmaxReluOracle(planted.problem()).at(x).activeUnits() == 0;
    return dead ? Arrays.stream(x).map(value -> -value).toArray() : x;
  }

  private static SingularValues of(Problem problem, double[] x) {
    return of(problem, x, CurvaturePath.KEPT);
  }

  private static SingularValues of(Problem problem, double[] x, CurvaturePath path) {
    int d = problem.d();
    try (Backend backend = CpuBackends.VECTOR_2.open();
        SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1, path);
        Buffer gram = backend.allocate(d, d);
        ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, d)) {
      objective.startAt(x);
      CurvatureRows c = objective.curvatureRows(CurvatureForm.EXACT);
      SingularValues.gram(backend, c, gram);
      return SingularValues.of(backend, c, gram, eigenvalues);
    }
  }

  /** In descending order. */
  private static double[] singularValues(double[][] c) {
    double[] values = SingularOps_DDRM.singularValues(new DMatrixRMaj(c));
    return Arrays.stream(values).map(value -> -value).sorted().map(value -> -value).toArray();
  }
}
