package io.github.relumax.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.DerivativeCheck.Report;
import io.github.relumax.objective.DerivativeCheck.Verdict;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DerivativeCheckTest {
  private static final PlantedProblem PLANTED =
      PlantedProblem.generate(211, 37, 5, 4, 0, ElementType.FLOAT64, 0.3, 1);

  @ParameterizedTest
  @CsvSource({"0,1", "0,2", "0.03,3", "10,4"})
  void trueDerivativesAgree(double weight, long seed) {
    Problem problem = PLANTED.problem().withWeight(weight);
    try (Backend backend = Backends.open()) {
      Report report = DerivativeCheck.run(backend, problem, CurvaturePath.KEPT, PLANTED.x0(), seed);
      assertThat(report.verdict()).as(report.toString()).isEqualTo(Verdict.AGREES);
    }
  }

  @Test
  void tinyLossesAreJudgedByTheSameRule() {
    PlantedProblem flat = PlantedProblem.generate(5000, 60, 8, 0.1, 0, ElementType.FLOAT64, 0.3, 1);
    try (Backend backend = Backends.open()) {
      Report report =
          DerivativeCheck.run(backend, flat.problem(), CurvaturePath.KEPT, flat.x0(), 1);
      assertThat(report.verdict()).as(report.toString()).isEqualTo(Verdict.AGREES);
    }
  }

  /** Which output of which primitive is off by a part in a hundred thousand, and what notices. */
  @ParameterizedTest
  @CsvSource({
    "softmax,4,gradient and differences of the loss",
    "applyCurvature,4,Hessian and differences of the gradient",
    "applyCurvature,4,Gauss-Newton and differences of softmax",
    "gram,4,'Hessian, its product and its matrix'",
    "gram,4,'Gauss-Newton, its product and its matrix'",
  })
  void falseDerivativesDisagree(String primitive, int output, String comparison) {
    try (Backend backend = falsified(Backends.open(), primitive, output)) {
      Report report =
          DerivativeCheck.run(backend, PLANTED.problem(), CurvaturePath.KEPT, PLANTED.x0(), 1);
      assertThat(report.verdict()).isEqualTo(Verdict.DISAGREES);
      assertThat(report.comparisons())
          .filteredOn(found -> found.name().equals(comparison))
          .singleElement()
          .matches(found -> found.verdict() == Verdict.DISAGREES);
    }
  }

  @Test
  void nearAKinkThereIsNoVerdict() {
    // Unit 0 turns at x up to the last bits of A1 x, so no difference is both near and exact.
    double[] x = PLANTED.x0();
    double[][] a1 = new double[37][5];
    for (int u = 0; u < 37; u++) {
      for (int k = 0; k < 5; k++) {
        a1[u][k] = PLANTED.problem().a1().get(u, k);
      }
    }
    a1[0] = new double[] {x[1] * (1 + 1e-14), -x[0], 0, 0, 0};
    Problem problem = Problem.of(Matrix.of(a1), PLANTED.problem().a2(), PLANTED.problem().b());
    try (Backend backend = Backends.open()) {
      Report report = DerivativeCheck.run(backend, problem, CurvaturePath.KEPT, x, 1);
      assertThat(report.kinkDistance()).isLessThan(1e-12);
      assertThat(report.verdict()).as(report.toString()).isEqualTo(Verdict.UNCERTAIN);
    }
  }

  @Test
  void aPointWithoutDerivativesIsRefused() {
    try (Backend backend = Backends.open()) {
      assertThatThrownBy(() ->
              DerivativeCheck.run(backend, PLANTED.problem(), CurvaturePath.KEPT, new double[5], 1))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("no unit is active");
    }
  }

  /** The backend with one output buffer of one primitive made 1e-5 too large. */
  private static Backend falsified(Backend backend, String primitive, int output) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (_, method, args) -> {
              try {
                Object result = method.invoke(backend, args);
                if (method.getName().equals(primitive)) {
                  Buffer wrong = (Buffer) args[output];
                  backend.combine(1 + 1e-5, wrong, 0, wrong, wrong);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
