package io.github.relumax.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.MeteredBackend;
import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.backend.Work;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

final class PhaseMeterTest {
  private static final PlantedProblem PLANTED =
      PlantedProblem.generate(307, 61, 7, 4, 0, ElementType.FLOAT32, 0.3, 5);

  @AutoClose
  private final CountingBackend counting = new CountingBackend(CpuBackends.VECTOR_2.open());

  private final MeteredBackend metered = new MeteredBackend(counting);
  private final PhaseMeter meter = new PhaseMeter(metered);
  private final Solution solution =
      new NewtonSolver(metered, NewtonOptions.DEFAULTS)
          .solve(PLANTED.problem(), PLANTED.x0(), meter);

  @Test
  void aMeteredSolveHasTheSameBits() {
    try (Backend plain = CpuBackends.VECTOR_2.open()) {
      Solution expected =
          new NewtonSolver(plain, NewtonOptions.DEFAULTS).solve(PLANTED.problem(), PLANTED.x0());
      assertThat(solution.converged()).isTrue();
      assertThat(solution.x()).isEqualTo(expected.x());
      assertThat(solution.loss()).isEqualTo(expected.loss());
      assertThat(solution.gradientNorm()).isEqualTo(expected.gradientNorm());
      assertThat(solution.storageError()).isEqualTo(expected.storageError());
      assertThat(solution.iterations()).isEqualTo(expected.iterations());
      assertThat(solution.status()).isEqualTo(expected.status());
    }
  }

  @Test
  void callsStandUnderTheirPhase() {
    assertThat(meter.work())
        .containsOnlyKeys("coarse", "evaluate", "curvature", "step", "trial", "other");
    assertThat(meter.work().get("coarse")).isEmpty();
    assertThat(calls(Primitive.ACCUMULATE_NEW)).isEqualTo(counting.formed());
    assertThat(calls(Primitive.ACCUMULATE_MORE)).isEqualTo(counting.updated());
    assertThat(phasesWith(Primitive.GRAM)).contains("curvature").doesNotContain("step", "trial");
    assertThat(phasesWith(Primitive.SOFTMAX)).containsExactly("evaluate");
    assertThat(phasesWith(Primitive.LOSSES)).containsExactly("trial");
    // The estimate of the storage error, after the last step, is no phase's.
    assertThat(phasesWith(Primitive.FACTOR)).containsExactly("step", "other");
    assertThat(calls("other", Primitive.FACTOR)).isEqualTo(1);
    assertThat(phasesWith(Primitive.APPLY_CURVATURE)).containsExactly("other");
    // The start and every step. What is tried at the end and given up is evaluated as well.
    assertThat(calls("evaluate", Primitive.SOFTMAX))
        .isGreaterThanOrEqualTo(solution.iterations() + 1);
  }

  /** Calls lie inside their phase, and phases inside the solve. */
  @Test
  void secondsAddUp() {
    Map<String, Double> phases = PhaseSeconds.of(solution);
    meter
        .work()
        .forEach((phase, tallies) ->
            assertThat(tallies.values().stream().mapToDouble(Tally::seconds).sum())
                .isBetween(0.0, phases.get(phase) * (1 + 1e-12)));
  }

  @Test
  void aSolveHasTheTalliesOfAllItsPhases() {
    BenchmarkSolve solve =
        new BenchmarkSolve(
            solution, OptionalDouble.empty(), OptionalDouble.empty(), Double.NaN, meter.work());
    Work work = Work.NONE;
    for (Map<Primitive, Tally> tallies : meter.work().values()) {
      work = work.plus(tallies.getOrDefault(Primitive.MULTIPLY, Tally.NONE).work());
    }
    assertThat(calls("trial", Primitive.MULTIPLY)).isBetween(1L, calls(Primitive.MULTIPLY) - 1);
    assertThat(solve.tally(Primitive.MULTIPLY).calls()).isEqualTo(calls(Primitive.MULTIPLY));
    assertThat(solve.tally(Primitive.MULTIPLY).work()).isEqualTo(work);
    assertThat(solve.tally(Primitive.RANK_TWO)).isEqualTo(Tally.NONE);
  }

  private long calls(String phase, Primitive primitive) {
    return meter.work().get(phase).getOrDefault(primitive, Tally.NONE).calls();
  }

  private long calls(Primitive primitive) {
    return meter.work().keySet().stream().mapToLong(phase -> calls(phase, primitive)).sum();
  }

  private List<String> phasesWith(Primitive primitive) {
    List<String> phases = new ArrayList<>();
    meter
        .work()
        .forEach((phase, tallies) -> {
          if (tallies.containsKey(primitive)) {
            phases.add(phase);
          }
        });
    return phases;
  }
}
