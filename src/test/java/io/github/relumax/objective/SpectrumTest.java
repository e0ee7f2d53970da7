package io.github.relumax.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.objective.Spectrum.Definiteness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpectrumTest {
  /** The second difference matrix, whose eigenvalues are 2 - 2 cos(k π / (d + 1)). */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 17, 64})
  void findsTheEndsOfAKnownSpectrumAtAnyScale(int d) {
    for (double scale : new double[] {1, 1e-150, 1e150}) {
      double[] entries = new double[d * d];
      for (int i = 0; i < d; i++) {
        entries[i * d + i] = 2 * scale;
        if (i + 1 < d) {
          entries[i * d + i + 1] = -scale;
          entries[(i + 1) * d + i] = -scale;
        }
      }
      Spectrum spectrum = spectrum(d, entries);
      double least = scale * (2 - 2 * Math.cos(Math.PI / (d + 1)));
      double greatest = scale * (2 - 2 * Math.cos(d * Math.PI / (d + 1)));
      assertThat(spectrum.least()).isCloseTo(least, withPercentage(1e-9));
      assertThat(spectrum.greatest()).isCloseTo(greatest, withPercentage(1e-9));
      assertThat(spectrum.definiteness()).isEqualTo(Definiteness.POSITIVE_DEFINITE);
    }
  }

  @Test
  void tellsIndefiniteFromSingular() {
    assertThat(spectrum(2, new double[] {1, 2, 2, 1}).definiteness())
        .isEqualTo(Definiteness.INDEFINITE);
    assertThat(spectrum(2, new double[] {1, 1, 1, 1}).definiteness())
        .isEqualTo(Definiteness.SINGULAR);
    assertThat(spectrum(2, new double[4]).definiteness()).isEqualTo(Definiteness.SINGULAR);
    assertThat(spectrum(2, new double[] {-1, 0, 0, -3}).least()).isEqualTo(-3);
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
    public Buffer reshaped(long rows, long columns) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  private static Spectrum spectrum(int d, double[] entries) {
    try (Backend backend = Backends.open();
        Buffer h = backend.allocate(d, d)) {
      backend.write(entries, h);
      return Spectrum.of(backend, h);
    }
  }
}
