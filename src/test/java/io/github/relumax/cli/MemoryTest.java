package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.PathText;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MemoryTest {
  private static final int M = 1_000_000;
  private static final int N = 100;
  private static final int D = 50;

  private final Backend backend = CpuBackends.VECTOR_2.open();
  private final long kept =
      SolveMemory.of(backend, M, N, D, CurvaturePath.KEPT, Curvature.FULL).bytes();
  private final long streamed =
      SolveMemory.of(backend, M, N, D, CurvaturePath.STREAMED, Curvature.FULL).bytes();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  @Test
  void autoKeepsCToTheLastByteThatFits() {
    assertThat(decision(PathChoice.AUTO, kept).path()).isEqualTo(CurvaturePath.KEPT);
    assertThat(PathText.line(decision(PathChoice.AUTO, kept))).isEqualTo("kept: C takes 381.5 MiB");
    PathDecision less = decision(PathChoice.AUTO, kept - 1);
    assertThat(less.path()).isEqualTo(CurvaturePath.STREAMED);
    assertThat(less.memory().bytes()).isEqualTo(streamed);
    assertThat(less.fits()).isTrue();
    assertThat(PathText.line(less))
        .matches("streamed: with C kept it takes .*iB, available are .*iB");
    assertThat(decision(PathChoice.AUTO, streamed).fits()).isTrue();
    PathDecision neither = decision(PathChoice.AUTO, streamed - 1);
    assertThat(neither.fits()).isFalse();
    assertThat(PathText.line(neither))
        .matches("streamed takes .* MiB, available are .* MiB: it does not fit");
  }

  @Test
  void aForcedPathIsTaken() {
    assertThat(decision(PathChoice.KEPT, 0).path()).isEqualTo(CurvaturePath.KEPT);
    PathDecision forced = decision(PathChoice.STREAMED, Long.MAX_VALUE);
    assertThat(forced.path()).isEqualTo(CurvaturePath.STREAMED);
    assertThat(PathText.line(forced))
        .isEqualTo("streamed, as asked for: a block of C takes 16.0 MiB");
  }

  @Test
  void aRefusalNamesThePathThatFits() {
    Memory.requireSolve(decision(PathChoice.KEPT, kept), "it");
    assertThatThrownBy(() -> Memory.requireSolve(decision(PathChoice.KEPT, kept - 1), "it"))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageMatching(
            "not enough memory: solving it takes 7.*MiB, available are 7.*MiB;"
                + " C alone 381.5 MiB; --path streamed takes 3.*MiB");
    Memory.requireSolve(decision(PathChoice.AUTO, streamed), "it");
    assertThatThrownBy(() -> Memory.requireSolve(decision(PathChoice.AUTO, streamed - 1), "it"))
        .hasMessageMatching(".*Java alone 2.*MiB; end other programs, or use a machine with more");
  }

  @Test
  void aRefusedBenchmarkNamesTheOptionsThatFit() {
    long a1 = 8L * N * D;
    long a2 = 8L * M * N;
    long besides = a1 + a2 + Ceilings.bytes();
    assertThat(benchmark(PathChoice.AUTO, besides + kept).path()).isEqualTo(CurvaturePath.KEPT);
    assertThat(benchmark(PathChoice.AUTO, besides + kept - 1).path())
        .isEqualTo(CurvaturePath.STREAMED);
    assertRefused(PathChoice.KEPT, besides + kept - 1, "it fits with --path streamed");
    assertRefused(PathChoice.AUTO, besides + streamed - 1, "it fits with --dtype f32");
    assertRefused(
        PathChoice.KEPT, besides + streamed - 1, "it fits with --path streamed --dtype f32");
    assertRefused(
        PathChoice.AUTO,
        besides - a2 / 2 + streamed - 1,
        "end other programs, or take smaller sizes");
  }

  private void assertRefused(PathChoice choice, long available, String advice) {
    assertThatThrownBy(() -> benchmark(choice, available))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageStartingWith(
            "not enough memory: a benchmark with m = 1000000, n = 100, d = 50 takes ")
        .hasMessageEndingWith("; " + advice);
  }

  private PathDecision benchmark(PathChoice choice, long available) {
    return Memory.requireBenchmark(
        backend, M, N, D, ElementType.FLOAT64, options(choice), available);
  }

  private PathDecision decision(PathChoice choice, long available) {
    return PathDecision.of(backend, M, N, D, ElementType.FLOAT64, options(choice), available);
  }

  private static NewtonOptions options(PathChoice choice) {
    return NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL).withPath(choice);
  }
}
