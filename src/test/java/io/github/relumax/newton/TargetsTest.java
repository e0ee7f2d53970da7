package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Targets;
import io.github.relumax.objective.CurvaturePath;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TargetsTest extends TargetsContract {
  @Override
  protected Backend open() {
    return CpuBackends.VECTOR_2.open();
  }

  /** What a lane is reckoned with is what it allocates, but for lists of units. */
  @ParameterizedTest
  @EnumSource(CurvaturePath.class)
  void whatIsAnnouncedIsWhatTargetsAllocate(CurvaturePath path) {
    int m = 5000;
    int n = 300;
    int d = 90;
    int count = 4;
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0, ElementType.FLOAT64, 0.3, 1);
    double[] b = planted.problem().b();
    double[][] columns = new double[m][count];
    for (int i = 0; i < m; i++) {
      Arrays.fill(columns[i], b[i]);
    }
    Targets targets = Targets.of(planted.problem().withWeight(1e-9), Matrix.of(columns));
    long[] bytes = new long[1];
    CountingBackend counting =
        new CountingBackend(CpuBackends.VECTOR_2.open()) {
          @Override
          public Buffer allocate(long rows, long c) {
            bytes[0] += 8 * rows * c;
            return super.allocate(rows, c);
          }
        };
    try (Backend backend = counting) {
      NewtonOptions options =
          NewtonOptions.DEFAULTS.withPath(PathChoice.of(path)).withCurvature(Curvature.FULL);
      new NewtonSolver(backend, options).solve(targets, planted.x0());
      SolveMemory one = SolveMemory.of(backend, m, n, d, path, Curvature.FULL);
      TargetMemory memory = TargetMemory.of(backend, List.of(), m, n, d, one, 0, count);
      // Beside buffers there are the backend's scratch, and Java.
      double java = SolveMemory.javaBytes(m, n, d);
      double shared = memory.shared() - SolveMemory.JAVA_BYTES - java;
      shared -= SolveMemory.scratchBytes(backend, m, n, d);
      shared -= backend.transposedBytes(n, (long) count * NewtonRun.MOST_ROWS);
      assertThat((double) bytes[0]).isEqualTo(shared + count * (memory.each() - java));
    }
  }

  @Test
  void lanesAreAsManyAsThereAreTargetsAndMemoryFor() {
    TargetMemory memory = new TargetMemory(1000, 100);
    assertThat(memory.lanes(3, Long.MAX_VALUE)).isEqualTo(3);
    assertThat(memory.lanes(16, 1000 + 599)).isEqualTo(5);
    assertThat(memory.lanes(16, 1000)).isEqualTo(1);
    assertThat(memory.lanes(16, -5)).isEqualTo(1);
  }
}
