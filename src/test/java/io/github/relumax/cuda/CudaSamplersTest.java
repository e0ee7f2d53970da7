package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.sketch.MethodSampler;
import io.github.relumax.sketch.SampledProblem;
import io.github.relumax.sketch.SamplersContract;
import io.github.relumax.sketch.SamplingMethod;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sampled curvature on the simulator, alone and beside that of the CPU. */
@SimulatedCuda
final class CudaSamplersTest extends SamplersContract {
  @Override
  protected Backend open() {
    return CudaBackends.open();
  }

  /**
   * The same seed means the same rows and, to rounding, the same H̃. Uniform scores are equal to
   * the bit, and so are the rows; others are equal to rounding, and no row of these draws has its
   * random number that near its probability.
   */
  @ParameterizedTest
  @CsvSource({"GAUSS_NEWTON, 0", "EXACT, 0", "GAUSS_NEWTON, 0.01"})
  void theDeviceDrawsWhatTheCpuDraws(CurvatureForm form, double weight) {
    int m = 300;
    int d = 9;
    PlantedProblem planted = SampledProblem.planted(m, 50, d);
    try (Backend cpu = CpuBackends.VECTOR_2.open();
        Backend cuda = open();
        SampledProblem onCpu = new SampledProblem(cpu, planted, weight);
        SampledProblem onCuda = new SampledProblem(cuda, planted, weight);
        MethodSampler cpuSampler = new MethodSampler(cpu, m, d, 4L * d, 6);
        MethodSampler cudaSampler = new MethodSampler(cuda, m, d, 4L * d, 6)) {
      for (SamplingMethod method : SamplingMethod.values()) {
        int rows = onCpu.draw(cpuSampler, method, form, 4L * d);
        assertThat(onCuda.draw(cudaSampler, method, form, 4L * d)).isEqualTo(rows);
        double[] expected = onCpu.drawn();
        double[] actual = onCuda.drawn();
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        for (int k = 0; k < expected.length; k++) {
          assertThat(actual[k]).isCloseTo(expected[k], within(1e-10 * largest));
        }
      }
    }
  }
}
