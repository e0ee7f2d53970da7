package io.github.relumax.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.InsufficientMemoryException;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpectrumTest {
  @ParameterizedTest
  @ValueSource(doubles = {1, 1e-200, 1e200})
  void extremesOfAKnownMatrix(double unit) {
    try (Backend backend = CpuBackends.SCALAR_2.open();
        Buffer h = backend.allocate(2, 2)) {
      backend.write(new double[] {2 * unit, unit, unit, 2 * unit}, h);
      Spectrum spectrum = Spectrum.of(backend, h);
      assertThat(spectrum.least() / unit).isCloseTo(1, Offset.offset(1e-14));
      assertThat(spectrum.greatest() / unit).isCloseTo(3, Offset.offset(1e-14));
      assertThat(spectrum.definiteness()).isEqualTo(Spectrum.Definiteness.POSITIVE_DEFINITE);
    }
  }

  /** The first overflows to a small array of ints, the others to a negative one. */
  @ParameterizedTest
  @ValueSource(longs = {65_537, 50_000, Integer.MAX_VALUE})
  void aMatrixTooLargeForTheHeapIsRefused(long d) {
    try (Backend backend = CpuBackends.SCALAR_2.open()) {
      assertThatThrownBy(() -> Spectrum.of(backend, new Huge(d)))
          .isInstanceOf(InsufficientMemoryException.class);
    }
  }

  @Test
  void workspaceOfAnAbsurdSizeIsNotSmall() {
    assertThat(SoftmaxReluObjective.workspaceBytes(1, 1, Integer.MAX_VALUE, 8))
        .isEqualTo(Long.MAX_VALUE);
    assertThat(SoftmaxReluObjective.workspaceBytes(1000, 100, 10, 8))
        .isEqualTo(8L * (7000 + 300 + 50 + 8 * 1210 + 10_000 + 300));
  }

  /** Says how large it is. */
  private record Huge(long rows) implements Buffer {
    @Override
    public long columns() {
      return rows;
    }

    @Override
    public ElementType type() {
      return ElementType.FLOAT64;
    }

    @Override
    public Buffer rows(long first, long count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
