package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.objective.CurvaturePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SolveMemoryTest {
  /** C, the d x d matrices and the vectors are announced as they are allocated. */
  @ParameterizedTest
  @EnumSource
  void whatIsAnnouncedIsWhatASolveAllocates(CurvaturePath path) {
    int m = 5000;
    int n = 300;
    int d = 90;
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0, ElementType.FLOAT64, 0.3, 1);
    long[] entries = new long[1];
    CountingBackend counting =
        new CountingBackend(CpuBackends.VECTOR_2.open()) {
          @Override
          public Buffer allocate(long rows, long columns) {
            entries[0] += rows * columns;
            return super.allocate(rows, columns);
          }
        };
    try (Backend backend = counting) {
      NewtonOptions options = NewtonOptions.DEFAULTS.withPath(PathChoice.of(path));
      Solution solution =
          new NewtonSolver(backend, options)
              .solve(planted.problem().withWeight(1e-9), planted.x0());
      assertThat(solution.converged()).isTrue();
      assertThat(solution.path()).isEqualTo(path);
      SolveMemory memory = SolveMemory.of(backend, m, n, d, path, Curvature.FULL);
      assertThat(memory.path()).isEqualTo(path);
      long buffers = 0;
      for (SolveMemory.Part part : memory.parts().subList(0, 3)) {
        buffers += part.bytes();
      }
      assertThat(buffers).isEqualTo(8 * entries[0]);
    }
  }

  @Test
  void theSumIsThatOfTheParts() {
    try (Backend backend = CpuBackends.SCALAR_2.open()) {
      SolveMemory memory =
          SolveMemory.of(backend, 1_000_000, 64, 1000, CurvaturePath.KEPT, Curvature.FULL);
      assertThat(memory.cBytes()).isEqualTo(8_000_000_000L);
      long sum = 0;
      for (SolveMemory.Part part : memory.parts()) {
        sum += part.bytes();
      }
      assertThat(memory.bytes()).isEqualTo(sum);
      assertThat(memory.fits(sum)).isTrue();
      assertThat(memory.fits(sum - 1)).isFalse();
      long streamed =
          SolveMemory.of(backend, 1_000_000, 64, 1000, CurvaturePath.STREAMED, Curvature.FULL)
              .bytes();
      assertThat(sum - streamed).isEqualTo(8L * 1000 * (1_000_000 - 4096));
    }
  }

  @Test
  void absurdSizesNeedTheLargestLong() {
    int most = Integer.MAX_VALUE;
    try (Backend backend = CpuBackends.SCALAR_2.open()) {
      for (CurvaturePath path : CurvaturePath.values()) {
        assertThat(SolveMemory.of(backend, most, most, most, path, Curvature.FULL).bytes())
            .isEqualTo(Long.MAX_VALUE);
      }
    }
  }

  /** A1 + A2 + C + 15 % + 300 MB, for the sizes that are measured everywhere. */
  @ParameterizedTest
  @CsvSource({
    "10_000, 1024, 128",
    "40_000, 3072, 256",
    "50_272, 3072, 768",
    "20_000, 16_384, 512",
    "2_000_000, 64, 32"
  })
  void usualSizesStayWithinTheBound(long m, long n, long d) {
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      SolveMemory kept = SolveMemory.of(backend, m, n, d, CurvaturePath.KEPT, Curvature.FULL);
      long matrices = 8 * (n * d + m * n);
      assertThat(matrices + kept.bytes())
          .isLessThanOrEqualTo(
              SolveMemory.residentBound((double) matrices, (double) kept.cBytes()));
    }
    assertThat(SolveMemory.residentBound(2e9, 1e9)).isEqualTo(3_750_000_000L);
  }
}
