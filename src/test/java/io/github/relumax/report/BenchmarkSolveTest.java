package io.github.relumax.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.Approximation;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BenchmarkSolveTest {
  private final Solution solution = solved();

  @Test
  void aSolveIsAtItsOwnResultWithinOnePartInAThousandOfItsLoss() {
    double end = solution.loss();
    assertThat(secondsToLoss(2 * end, 1.0011 * end, 1.0009 * end, end)).isEqualTo(2);
    assertThat(secondsToLoss(2 * end, end)).isEqualTo(1);
    assertThat(secondsToLoss(end)).isEqualTo(0);
  }

  @Test
  void whatNoIterationReachedIsReachedAtTheEnd() {
    assertThat(secondsToLoss(2 * solution.loss())).isEqualTo(solution.seconds());
  }

  /** Where iteration k has the k-th of these losses, after k seconds. */
  private double secondsToLoss(double... losses) {
    List<Iteration> iterations =
        IntStream.range(0, losses.length).mapToObj(k -> iteration(k, losses[k])).toList();
    return BenchmarkSolve.secondsToLoss(iterations, solution);
  }

  private static Iteration iteration(int number, double loss) {
    return new Iteration(
        number,
        loss,
        loss,
        0,
        1,
        1,
        1,
        1,
        1,
        CurvatureForm.EXACT,
        1,
        0,
        0,
        0,
        Approximation.NONE,
        number);
  }

  private static Solution solved() {
    PlantedProblem planted =
        PlantedProblem.generate(307, 61, 7, 4, 0.5, ElementType.FLOAT64, 0.3, 5);
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      return new NewtonSolver(backend, NewtonOptions.DEFAULTS)
          .solve(planted.problem(), planted.x0());
    }
  }
}
