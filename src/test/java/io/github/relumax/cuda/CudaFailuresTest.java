package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong on a device becomes one line, and nothing stays behind. */
@SimulatedCuda
final class CudaFailuresTest {
  private static final List<String> FAILURES =
      List.of(
          "FAIL_ALLOC",
          "FAIL_HOST_ALLOC",
          "FAIL_LAUNCH",
          "FAIL_COPY",
          "FAIL_MODULE",
          "FAIL_COMPILE",
          "FAIL_CUBLAS_CREATE",
          "FAIL_CUSOLVER_CREATE",
          "COMPUTE",
          "MEMORY");

  @AfterEach
  void nothingStaysBehind() {
    FAILURES.forEach(CudaSimulator::reset);
    assertThat(CudaSimulator.counter("live allocations")).isZero();
    assertThat(CudaSimulator.counter("live host allocations")).isZero();
    assertThat(CudaSimulator.counter("live streams")).isZero();
    assertThat(CudaSimulator.counter("live events")).isZero();
    assertThat(CudaSimulator.counter("live cuBLAS handles")).isZero();
    assertThat(CudaSimulator.counter("live cuSOLVER handles")).isZero();
  }

  @Test
  void outOfMemorySaysHowMuchThereIsAndWhatFits() {
    try (CudaBackend backend = CudaBackends.open()) {
      assertThatThrownBy(() -> backend.allocate(1 << 20, 1 << 10))
          .isInstanceOf(InsufficientMemoryException.class)
          .hasMessageMatching(
              "not enough memory on Relumax CUDA simulator: workspace, a 1048576 x 1024 float64"
                  + " matrix, needs 8589934592 bytes, \\d+ bytes are free; store A1 and A2 as"
                  + " float32 \\(--dtype f32\\), stream C \\(--path streamed\\), or use --backend"
                  + " cpu");
      assertUsable(backend);
    }
  }

  /** Whatever call runs out, a solve gives everything back, and the next one works. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 20, 25})
  void aSolveThatRunsOutOfMemoryCanBeFollowedByAnother(int call) {
    PlantedProblem planted = PlantedProblem.generate(37, 11, 3, 4, 0, ElementType.FLOAT64, 0.3, 1);
    try (CudaBackend backend = CudaBackends.open()) {
      long before = backend.context().liveAllocations();
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      CudaSimulator.set("FAIL_ALLOC", call);
      assertThatThrownBy(() -> solver.solve(planted.problem(), planted.x0()))
          .isInstanceOf(InsufficientMemoryException.class);
      assertThat(backend.context().liveAllocations()).isBetween(before, before + 7);
      assertThat(solver.solve(planted.problem(), planted.x0()).converged()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FAIL_ALLOC",
        "FAIL_HOST_ALLOC",
        "FAIL_MODULE",
        "FAIL_CUBLAS_CREATE",
        "FAIL_CUSOLVER_CREATE"
      })
  void aBackendThatCannotBeOpenedLeavesNothing(String failure) {
    CudaSimulator.set(failure, 1);
    assertThatThrownBy(CudaBackends::open)
        .isInstanceOfAny(BackendUnavailableException.class, InsufficientMemoryException.class)
        .hasMessageContaining("Relumax CUDA simulator")
        .hasMessageNotContaining("\n");
    CudaSimulator.reset(failure);
    try (CudaBackend backend = CudaBackends.open()) {
      assertUsable(backend);
    }
  }

  @Test
  void memoryThatALibraryDoesNotGetIsMemory() {
    CudaSimulator.set("FAIL_CUSOLVER_CREATE", 1);
    assertThatThrownBy(CudaBackends::open)
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining("cusolverDnCreate failed; close other programs");
    CudaSimulator.set("FAIL_HOST_ALLOC", 1);
    assertThatThrownBy(CudaBackends::open)
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining("not enough main memory: 65536 bytes of it");
  }

  @Test
  void aKernelThatTheDriverRefusesIsNamed() {
    CudaSimulator.set("FAIL_MODULE", 2);
    assertThatThrownBy(CudaBackends::open)
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessage(
            "the driver of Relumax CUDA simulator cannot load activeUnits.cu:"
                + " CUDA_ERROR_INVALID_IMAGE, which NVRTC compiled for it; update the driver");
  }

  /** Nothing waits for the kernel, so that only closing meets its failure. */
  @Test
  void aKernelThatFailsUnseenFailsTheClose() {
    CudaBackend backend = CudaBackends.open();
    Buffer buffer = backend.allocate(1, 9);
    backend.context().free(DeviceBuffer.address(buffer));
    backend.combine(1, buffer, 1, buffer, buffer);
    assertThatThrownBy(backend::close)
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("failed on Relumax CUDA simulator: CUDA_ERROR_ILLEGAL_ADDRESS");
    buffer.close();
    backend.close();
    try (CudaBackend next = CudaBackends.open()) {
      assertUsable(next);
    }
  }

  /** The device's context lives on while another backend uses it. */
  @Test
  void closingGivesBackWhatBuffersStillHold() {
    try (CudaBackend other = CudaBackends.open()) {
      long before = CudaSimulator.counter("live allocations");
      CudaBackend backend = CudaBackends.open();
      Buffer buffer = backend.allocate(1, 9);
      Buffer summed = backend.allocate(1, 9);
      backend.dot(buffer, summed);
      backend.close();
      assertThat(CudaSimulator.counter("live allocations")).isEqualTo(before);
      buffer.close();
      assertUsable(other);
    }
  }

  @Test
  void aKernelThatDoesNotStartIsNamed() {
    CudaBackend backend = CudaBackends.open();
    Buffer buffer = backend.allocate(1, 9);
    CudaSimulator.set("FAIL_LAUNCH", 1);
    assertThatThrownBy(() -> backend.dot(buffer, buffer))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("cuLaunchKernel of dot with 1 x 1 blocks of 256 threads failed on")
        .hasMessageContaining("Relumax CUDA simulator: CUDA_ERROR_")
        .hasMessageContaining("--backend cpu")
        .hasMessageNotContaining("\n");
    buffer.close();
    backend.close();
    try (CudaBackend next = CudaBackends.open()) {
      assertUsable(next);
    }
  }

  @Test
  void aCopyThatFailsIsNamed() {
    CudaBackend backend = CudaBackends.open();
    Buffer buffer = backend.allocate(1, 9);
    CudaSimulator.set("FAIL_COPY", 1);
    assertThatThrownBy(() -> backend.write(new double[9], buffer))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("cuMemcpyHtoDAsync failed");
    buffer.close();
    backend.close();
  }

  // Choice

  @Test
  void autoNeverTakesTheSimulator() {
    try (Backend backend = Backends.open()) {
      assertThat(backend.description().name()).isEqualTo("cpu");
    }
    assertThat(new CudaBackendProvider().unavailable()).isEmpty();
    assertThat(new CudaBackendProvider().passedOver().orElseThrow()).contains("simulator");
    try (Backend backend = Backends.open("cuda", BackendOptions.DEFAULTS)) {
      assertThat(backend.description().device()).startsWith("Relumax CUDA simulator");
    }
  }

  @Test
  void anotherDeviceCanBeNamed() {
    try (Backend backend = Backends.open("cuda", new BackendOptions(0, 1))) {
      assertThat(backend.description().device()).endsWith("device 1");
    }
    assertThatThrownBy(() -> Backends.open("cuda", new BackendOptions(0, 7)))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("there is no device 7; devices are numbered 0 to 1");
  }

  /** So that auto takes the CPU where the only device is an old one. */
  @Test
  void aDeviceThatIsTooOldIsNotUsable() {
    CudaSimulator.set("COMPUTE", "7.0");
    String reason = "Relumax CUDA simulator has compute capability 7.0, 7.5 or higher is needed";
    assertThat(new CudaBackendProvider().unavailable()).contains(reason);
    assertThat(new CudaBackendProvider().passedOver()).contains(reason);
    assertThatThrownBy(CudaBackends::open)
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessage("backend 'cuda': " + reason);
  }

  @Test
  void detailsNameDevicesAndLibraries() {
    assertThat(String.join("\n", new CudaBackendProvider().details()))
        .contains("device 0: Relumax CUDA simulator", "device 1: ", "compute capability 8.0")
        .containsPattern("driver: CUDA 12.6, .*/libcuda.so.1")
        .containsPattern("cuBLAS: 12\\..*, .*/libcublas.so.12")
        .containsPattern("cuSPARSE: 12.5.4, .*/libcusparse.so.12")
        .containsPattern("cuSOLVER: 11\\..*, .*/libcusolver.so.11")
        .containsPattern("NVRTC: 12.6, .*/libnvrtc.so.12");
  }

  // Memory

  /** The device's free memory, less A1 and A2, which have to be there, decides about C. */
  @Test
  void theDevicesMemoryDecidesThePath() {
    int m = 200_000;
    int d = 40;
    PlantedProblem planted = PlantedProblem.generate(m, 3, d, 4, 0, ElementType.FLOAT32, 0.3, 1);
    try (CudaBackend backend = CudaBackends.open()) {
      long kept = SolveMemory.of(backend, m, 3, d, CurvaturePath.KEPT, Curvature.FULL).bytes();
      long matrices = 4L * m * 3 + 4L * 3 * d;
      long taken = (2L << 30) - backend.memory().available();
      CudaSimulator.set("MEMORY", taken + matrices + kept + (1 << 20));
      assertThat(SolveMemory.available(backend, planted.problem())).isGreaterThanOrEqualTo(kept);
      CudaSimulator.set("MEMORY", taken + matrices + kept - (1 << 20));
      assertThat(SolveMemory.available(backend, planted.problem())).isLessThan(kept);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSolveTakesNoMoreThanIsAnnounced(CurvaturePath path) {
    PlantedProblem planted =
        PlantedProblem.generate(5003, 23, 7, 4, 0, ElementType.FLOAT64, 0.3, 1);
    long matrices = 8L * (5003 * 23 + 23 * 7);
    try (CudaBackend backend = CudaBackends.open()) {
      long before = backend.memory().available();
      long announced =
          SolveMemory.of(backend, 5003, 23, 7, path, Curvature.FULL).bytes() + matrices;
      long[] least = {before};
      new NewtonSolver(backend, NewtonOptions.DEFAULTS.withPath(PathChoice.of(path)))
          .solve(
              planted.problem(),
              planted.x0(),
              _ -> least[0] = Math.min(least[0], backend.memory().available()));
      assertThat(before - least[0]).isPositive().isLessThanOrEqualTo(announced);
    }
  }

  private static void assertUsable(Backend backend) {
    try (Buffer buffer = backend.allocate(1, 3)) {
      backend.write(new double[] {1, 2, 3}, buffer);
      assertThat(backend.dot(buffer, buffer)).isEqualTo(14);
    }
  }
}
