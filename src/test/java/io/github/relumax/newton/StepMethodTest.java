package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.objective.CurvaturePath;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StepMethodTest {
  /** On a backend where 4 operations take as long as a byte: both sides of every rule. */
  @ParameterizedTest
  @CsvSource({
    // m d² / 4 > 6 m 8 d + 8 d³ / 4: for so many rows, from 196 columns on.
    "KEPT, 100_000, 10, 195, FULL",
    "KEPT, 100_000, 10, 196, SKETCH_CG",
    // 8,129.2 rows.
    "KEPT, 8_129, 10, 257, FULL",
    "KEPT, 8_130, 10, 257, SKETCH_CG",
    // m (d² + n d) / 4 > 6 m 16 n + 8 d³ / 4.
    "STREAMED, 100_000, 1_000, 297, FULL",
    "STREAMED, 100_000, 1_000, 298, SKETCH_CG",
    "STREAMED, 100_000, 10, 57, FULL",
    "STREAMED, 100_000, 10, 58, SKETCH_CG",
    "STREAMED, 15_008, 10, 58, FULL",
    "STREAMED, 15_009, 10, 58, SKETCH_CG",
    // Products of sizes that overflow a long.
    "KEPT, 9_000_000_000_000_000_000, 9_000_000_000_000_000_000, 3_100_000_000, SKETCH_CG"
  })
  void autoGoesByTheSizes(CurvaturePath path, long m, long n, long d, StepMethod expected) {
    try (Backend backend =
        new CountingBackend(CpuBackends.SCALAR_2.open()) {
          @Override
          public double flopsPerByte() {
            return 4;
          }
        }) {
      assertThat(StepMethod.of(Curvature.AUTO, backend, m, n, d, path)).isEqualTo(expected);
    }
  }

  /** No more than m, than K d, than what the bound says; else 8 · 4 m / d, and 4 d at least. */
  @Test
  void rowsAreThoseAskedFor() {
    try (Backend backend =
        new CountingBackend(CpuBackends.SCALAR_2.open()) {
          @Override
          public double flopsPerByte() {
            return 4;
          }
        }) {
      OptionalDouble none = OptionalDouble.empty();
      Sampling multiple = new Sampling(OptionalDouble.of(3), OptionalDouble.of(0.5), 0.1, 1);
      Sampling epsilon = new Sampling(none, OptionalDouble.of(0.5), 0.1, 1);
      assertThat(StepMethod.usualRows(backend, 100_000, 50, Sampling.DEFAULTS)).isEqualTo(64_000);
      assertThat(StepMethod.usualRows(backend, 1_000, 50, Sampling.DEFAULTS)).isEqualTo(640);
      assertThat(StepMethod.usualRows(backend, 1_000, 500, Sampling.DEFAULTS)).isEqualTo(1_000);
      assertThat(StepMethod.usualRows(backend, 100_000, 50, multiple)).isEqualTo(150);
      assertThat(StepMethod.usualRows(backend, 100, 50, multiple)).isEqualTo(100);
      // 50 ln 1000 / (1.5 ln 1.5 - 0.5).
      assertThat(StepMethod.usualRows(backend, 100_000, 50, epsilon))
          .isCloseTo(3192.19, within(0.01));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FULL, FULL",
    "EXACT, FULL",
    "GAUSS_NEWTON, FULL",
    "SAMPLED, SAMPLED",
    "DIAGONAL, DIAGONAL",
    "SKETCH_CG, SKETCH_CG"
  })
  void whatIsAskedForIsTaken(Curvature curvature, StepMethod expected) {
    try (Backend backend = CpuBackends.SCALAR_2.open()) {
      for (CurvaturePath path : CurvaturePath.values()) {
        for (long d : new long[] {1, 1000}) {
          assertThat(StepMethod.of(curvature, backend, 100_000, 10, d, path)).isEqualTo(expected);
        }
      }
    }
  }
}
