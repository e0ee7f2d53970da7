package io.github.relumax.sketch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.random.Philox;
import io.github.relumax.sketch.SpectralComparison.Extremes;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against matrices whose eigenvalues are known because they were made of them. */
final class SpectralComparisonTest {
  private final Backend backend = CpuBackends.SCALAR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** H = MᵀM and H̃ = Mᵀ diag(ratios) M have the ratios as eigenvalues against each other. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1e-9", "3, 1e9", "17, 1e-150", "103, 1"})
  void findsTheRatiosThatHTildeWasMadeOf(int d, double scale) {
    double[][] m = matrix(d, d);
    double[] ratios = new double[d];
    Arrays.setAll(ratios, k -> 0.25 + 3.0 * k / Math.max(1, d - 1));
    double[] ones = new double[d];
    Arrays.fill(ones, 1);
    SpectralComparison comparison = comparison(weighted(m, ones, scale));
    Extremes extremes = of(comparison, weighted(m, ratios, scale));
    assertThat(comparison.rank()).isEqualTo(d);
    assertThat(extremes.least()).isCloseTo(0.25, within(1e-6));
    assertThat(extremes.greatest()).isCloseTo(d == 1 ? 0.25 : 3.25, within(1e-6));
    assertThat(extremes.epsilon()).isCloseTo(d == 1 ? 0.75 : 2.25, within(1e-6));
    assertThat(extremes.isSingular()).isFalse();
  }

  @Test
  void whatLacksADirectionIsSingular() {
    double[][] m = matrix(9, 9);
    double[] ratios = {1, 1, 1, 1, 0, 1, 1, 1, 1};
    double[] ones = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    for (double scale : new double[] {1, 1e-12}) {
      Extremes extremes = of(comparison(weighted(m, ones, scale)), weighted(m, ratios, scale));
      assertThat(extremes.least()).isZero();
      assertThat(extremes.isSingular()).isTrue();
      assertThat(extremes.greatest()).isCloseTo(1, within(1e-6));
      assertThat(extremes.epsilon()).isEqualTo(1);
    }
  }

  /** Directions that H does not have say nothing. */
  @Test
  void onlyTheDirectionsOfHCount() {
    double[][] m = matrix(3, 9);
    SpectralComparison comparison = comparison(weighted(m, new double[] {1, 1, 1}, 1e-7));
    assertThat(comparison.rank()).isEqualTo(3);
    Extremes extremes = of(comparison, weighted(m, new double[] {0.5, 2, 1}, 1e-7));
    assertThat(extremes.least()).isCloseTo(0.5, within(1e-6));
    assertThat(extremes.greatest()).isCloseTo(2, within(1e-6));
  }

  @Test
  void nothingIsAsNearToNothingAsCanBe() {
    SpectralComparison comparison = comparison(new double[2][2]);
    assertThat(comparison.rank()).isZero();
    assertThat(of(comparison, new double[2][2])).isEqualTo(new Extremes(1, 1));
  }

  private SpectralComparison comparison(double[][] h) {
    try (Buffer buffer = buffer(h)) {
      return new SpectralComparison(backend, buffer);
    }
  }

  private Extremes of(SpectralComparison comparison, double[][] h) {
    try (Buffer buffer = buffer(h)) {
      return comparison.of(buffer);
    }
  }

  private Buffer buffer(double[][] entries) {
    Buffer buffer = backend.allocate(entries.length, entries.length);
    backend.write(Arrays.stream(entries).flatMapToDouble(Arrays::stream).toArray(), buffer);
    return buffer;
  }

  /** Near enough to the identity to be well conditioned. */
  private static double[][] matrix(int rows, int columns) {
    Philox random = new Philox(1);
    double[][] m = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double noise = 0.3 / Math.sqrt(columns) * random.normal(0, (long) i * columns + j);
        m[i][j] = (i == j ? 1 : 0) + noise;
      }
    }
    return m;
  }

  /** scale mᵀ diag(weights) m. */
  private static double[][] weighted(double[][] m, double[] weights, double scale) {
    int d = m[0].length;
    double[][] product = new double[d][d];
    for (int k = 0; k < m.length; k++) {
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          product[i][j] += scale * weights[k] * m[k][i] * m[k][j];
        }
      }
    }
    return product;
  }
}
