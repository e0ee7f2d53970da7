package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.model.InvalidInputException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against matrices V diag(λ) Vᵀ whose eigenvalues were chosen. */
final class ExtremeEigenvaluesTest {
  private static final double EPS = Math.ulp(1.0);

  private static Backend backend;

  @BeforeAll
  static void openBackend() {
    backend = CpuBackends.VECTOR_2.open();
  }

  @AfterAll
  static void closeBackend() {
    backend.close();
  }

  /** Spectra between which the ends stand apart, crowd, or differ by many orders. */
  enum Shape {
    EVEN {
      @Override
      double value(double u, int k) {
        return u;
      }
    },
    INDEFINITE {
      @Override
      double value(double u, int k) {
        return 3 * u - 1;
      }
    },
    NEGATIVE {
      @Override
      double value(double u, int k) {
        return u - 2;
      }
    },
    /** Six orders of magnitude, most of them near the least. */
    GRADED {
      @Override
      double value(double u, int k) {
        return Math.pow(10, -6 * (1 - u) * (1 - u));
      }
    },
    /** λmin belongs to many vectors. */
    MULTIPLE {
      @Override
      double value(double u, int k) {
        return k % 3 == 0 ? 2 : 1;
      }
    },
    /** A second eigenvalue just above the least. */
    CLOSE {
      @Override
      double value(double u, int k) {
        return k == 0 ? -1e-3 : k == 1 ? -1e-3 + 1e-9 : u;
      }
    };

    abstract double value(double u, int k);
  }

  @ParameterizedTest
  @EnumSource
  void findsBothEndsOfAChosenSpectrum(Shape shape) {
    for (int d : new int[] {1, 2, 3, 7, 8, 9, 103, 331}) {
      for (double scale : new double[] {1, 1e-9, 1e60}) {
        check(shape, d, scale);
      }
    }
  }

  /** Norms are of squares, which overflow here. */
  @Test
  void entriesBeyondTheRangeAreRefused() {
    for (int d : new int[] {2, 9}) {
      double[] values = new double[d];
      Arrays.fill(values, 1e200);
      values[0] = -1e200;
      try (Buffer a = symmetric(values);
          ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, d)) {
        assertThatThrownBy(() -> eigenvalues.least(a))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("leave the range of float64");
      }
    }
  }

  private static void check(Shape shape, int d, double scale) {
    double[] values = new double[d];
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < d; k++) {
      values[k] = scale * shape.value((k + 0.5) / d, k);
      least = Math.min(least, values[k]);
      greatest = Math.max(greatest, values[k]);
    }
    String what = shape + ", d = " + d + ", scale " + scale;
    double size = Math.max(Math.abs(least), Math.abs(greatest));
    // The matrix itself is only built to this.
    double rounding = 4 * (d + 4) * EPS * size;
    try (Buffer a = symmetric(values);
        ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, d)) {
      Eigenvalue low = eigenvalues.least(a);
      assertThat(low.value()).as(what).isCloseTo(least, within(rounding));
      assertThat(low.value() - low.error()).as(what).isLessThan(least + rounding);
      assertThat(low.error()).as(what).isLessThan(1e-8 * size);
      assertThat(low.rounding()).as(what).isCloseTo(d * EPS * size, within(1e-3 * d * EPS * size));
      assertThat(residual(a, eigenvalues.vector(), low.value())).as(what).isLessThan(1e-9 * size);

      // An end that does not stand apart is found to its residual only.
      Eigenvalue high = eigenvalues.greatest(a);
      assertThat(high.value()).as(what).isCloseTo(greatest, within(high.error() + rounding));
      assertThat(high.error()).as(what).isLessThan(1e-3 * size);
      Eigenvalue largest = eigenvalues.largest(a);
      assertThat(Math.abs(largest.value())).as(what).isCloseTo(size, within(1e-6 * size));
    }
  }

  /** The second difference matrix, whose least eigenvalue crowds with others, beyond 300 steps. */
  @ParameterizedTest
  @ValueSource(ints = {500, 900})
  void theLeastOneIsPreciseWhereItCrowds(int d) {
    double[] entries = new double[d * d];
    for (int i = 0; i < d; i++) {
      entries[i * d + i] = 2;
      if (i + 1 < d) {
        entries[i * d + i + 1] = -1;
        entries[(i + 1) * d + i] = -1;
      }
    }
    try (Buffer a = buffer(d, entries);
        ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, d)) {
      double least = 4 * Math.pow(Math.sin(Math.PI / (2 * (d + 1))), 2);
      Eigenvalue found = eigenvalues.least(a);
      assertThat(found.value()).isCloseTo(least, within(1e-13));
      assertThat(found.error()).isLessThan(1e-5 * least);
    }
  }

  /** Numbers beside which everything else is rounding, and none at all. */
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "-2, -2", "-1e-300, -1e-300"})
  void aMultipleOfTheIdentity(double value, double expected) {
    try (Buffer a = symmetric(new double[] {value, value, value});
        ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, 3)) {
      double slack = 1e-14 * Math.abs(expected);
      assertThat(eigenvalues.least(a).value()).isCloseTo(expected, within(slack));
      assertThat(eigenvalues.greatest(a).value()).isCloseTo(expected, within(slack));
    }
  }

  @Test
  void whatIsAnnouncedIsWhatIsAllocated() {
    for (int d : new int[] {5, 700}) {
      long[] entries = new long[1];
      Backend counting =
          new CountingBackend(CpuBackends.SCALAR_2.open()) {
            @Override
            public Buffer allocate(long rows, long columns) {
              entries[0] += rows * columns;
              return super.allocate(rows, columns);
            }
          };
      try (counting;
          ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(counting, d)) {
        assertThat(ExtremeEigenvalues.bytes(d)).isEqualTo(8 * entries[0]);
        assertThat(eigenvalues.vector().columns()).isEqualTo(d);
      }
    }
  }

  /** ‖A v - value v‖ / ‖v‖ on the host. */
  private static double residual(Buffer a, Buffer v, double value) {
    int d = (int) a.rows();
    double[] entries = new double[d * d];
    double[] x = new double[d];
    backend.read(a, entries);
    backend.read(v, x);
    double sum = 0;
    double length = 0;
    for (int i = 0; i < d; i++) {
      double product = -value * x[i];
      for (int j = 0; j < d; j++) {
        product += entries[i * d + j] * x[j];
      }
      sum = Math.hypot(sum, product);
      length = Math.hypot(length, x[i]);
    }
    return sum / length;
  }

  /** V diag(values) Vᵀ, V a product of reflections. */
  private static Buffer symmetric(double[] values) {
    int d = values.length;
    double[][] a = new double[d][d];
    for (int k = 0; k < d; k++) {
      a[k][k] = values[k];
    }
    Random random = new Random(d);
    for (int reflection = 0; reflection < 3 && d > 1; reflection++) {
      double[] u = random.doubles(d, -1, 1).toArray();
      double uu = 0;
      for (double value : u) {
        uu += value * value;
      }
      reflect(a, u, uu);
      transpose(a);
      reflect(a, u, uu);
    }
    double[] entries = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        entries[i * d + j] = 0.5 * a[i][j] + 0.5 * a[j][i];
      }
    }
    return buffer(d, entries);
  }

  /** Every row r of a becomes r - 2 ⟨r,u⟩ u / ⟨u,u⟩. */
  private static void reflect(double[][] a, double[] u, double uu) {
    for (double[] row : a) {
      double dot = 0;
      for (int j = 0; j < u.length; j++) {
        dot += row[j] * u[j];
      }
      for (int j = 0; j < u.length; j++) {
        row[j] -= 2 * dot * u[j] / uu;
      }
    }
  }

  private static void transpose(double[][] a) {
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        double entry = a[i][j];
        a[i][j] = a[j][i];
        a[j][i] = entry;
      }
    }
  }

  private static Buffer buffer(int d, double[] entries) {
    Buffer a = backend.allocate(d, d);
    backend.write(entries, a);
    return a;
  }
}
