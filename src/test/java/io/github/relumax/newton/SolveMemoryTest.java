package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.Units;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.objective.CurvaturePath;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SolveMemoryTest {
  /** Those of 24,000. */
  private static final int COARSE_ROWS = 1500;

  /**
   * C, the d x d matrices, the vectors and what samples take are announced as they are allocated;
   * of lists, those of rows. 5000 rows of C are a single block, 24,000 are two.
   */
  @ParameterizedTest
  @CsvSource({
    "KEPT, FULL, 5000",
    "STREAMED, FULL, 5000",
    "KEPT, SAMPLED, 5000",
    "STREAMED, SAMPLED, 5000",
    "STREAMED, SAMPLED, 24000",
    "KEPT, SKETCH_CG, 5000",
    "STREAMED, SKETCH_CG, 5000",
    "STREAMED, SKETCH_CG, 24000"
  })
  void whatIsAnnouncedIsWhatASolveAllocates(CurvaturePath path, Curvature curvature, int m) {
    int n = 300;
    int d = 90;
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0, ElementType.FLOAT64, 0.3, 1);
    long[] bytes = new long[1];
    CountingBackend counting =
        new CountingBackend(CpuBackends.VECTOR_2.open()) {
          @Override
          public Buffer allocate(long rows, long columns) {
            bytes[0] += 8 * rows * columns;
            return super.allocate(rows, columns);
          }

          @Override
          public Units units(int capacity) {
            // A long and an int for each; those of units are small.
            bytes[0] += capacity == m || capacity == COARSE_ROWS ? 12 * capacity : 0;
            return super.units(capacity);
          }
        };
    try (Backend backend = counting) {
      NewtonOptions options =
          NewtonOptions.DEFAULTS.withPath(PathChoice.of(path)).withCurvature(curvature);
      Solution solution =
          new NewtonSolver(backend, options)
              .solve(planted.problem().withWeight(1e-9), planted.x0());
      assertThat(solution.converged()).isTrue();
      assertThat(solution.path()).isEqualTo(path);
      SolveMemory memory = SolveMemory.of(backend, m, n, d, path, curvature);
      assertThat(memory.path()).isEqualTo(path);
      assertThat(memory.method()).isEqualTo(solution.method());
      long announced = 0;
      for (SolveMemory.Part part : memory.parts()) {
        boolean ours = !part.name().equals("packed operands") && !part.name().equals("Java");
        announced += ours ? part.bytes() : 0;
      }
      Optional<CoarseSize> coarse = coarse(backend, m, n, d, options);
      assertThat(solution.coarse().isPresent()).isEqualTo(coarse.isPresent());
      if (coarse.isPresent()) {
        assertThat(coarse.get().rows()).isEqualTo(COARSE_ROWS);
        assertThat(coarse.get().method()).isEqualTo(solution.coarse().get().method());
        // Its rows of A2 are computed with where they lie.
        announced += coarse.get().bytes() - 8L * COARSE_ROWS * n;
      }
      assertThat(announced).isEqualTo(bytes[0]);
    }
  }

  private static Optional<CoarseSize> coarse(
      Backend backend, int m, int n, int d, NewtonOptions options) {
    return CoarseSize.of(
        backend, m, n, d, ElementType.FLOAT64, (long) m * n, options, Long.MAX_VALUE);
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
