package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.Matrix;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products around the sizes where the CPU backend goes another way, against plain loops: the
 * contract's tests are of smaller matrices.
 */
final class SquareProductsTest {
  private final Random random = new Random(1);

  @ParameterizedTest
  @CsvSource({
    "255, 5, 767",
    "256, 5, 768",
    "257, 5, 769",
    "1037, 3, 800",
    "531, 513, 775",
    "700, 2, 1033",
    "9, 769, 780",
    "300, 0, 780"
  })
  void productsOfManyColumns(int m, int n, int d) {
    double[] a2 = normals(m * Math.max(n, 1));
    double[] a1 = normals(Math.max(n, 1) * d);
    double[] before = normals(m * d);
    double[] product = new double[m * d];
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < n; k++) {
        for (int j = 0; j < d; j++) {
          product[i * d + j] += a2[i * n + k] * a1[k * d + j];
        }
      }
    }
    for (CpuBackends backends : CpuBackends.values()) {
      try (Backend backend = backends.open();
          Buffer left = backend.upload(Matrix.of(m, Math.max(n, 1), a2));
          Buffer right = backend.upload(Matrix.of(Math.max(n, 1), d, a1));
          Buffer z = backend.allocate(1, Math.max(n, 1));
          Buffer c = backend.allocate(m, d);
          Units units = backend.units(Math.max(n, 1))) {
        backend.write(filled(Math.max(n, 1), n > 0 ? 1 : 0), z);
        backend.activeUnits(z, units);
        backend.write(filled(m * d, Double.NaN), c);
        backend.accumulate(left, units, right, 0, c);
        assertClose(read(backend, c), e -> product[e], n);
        backend.write(before, c);
        backend.accumulate(left, units, right, 1, c);
        assertClose(read(backend, c), e -> before[e] + product[e], n);
      }
    }
  }

  /** Above and below 384 columns, weights of either sign, of one, and none. */
  @ParameterizedTest
  @CsvSource({"1, 384", "385, 383", "400, 385", "1159, 411", "64, 700"})
  void gramMatricesOfManyColumns(int m, int d) {
    double[] c = normals(m * d);
    double[] center = normals(d);
    double[] a = normals(m);
    a[m / 2] = 0;
    checkGram(c, center, a);
    checkGram(c, center, Arrays.stream(a).map(w -> -Math.abs(w)).toArray());
    checkGram(c, center, new double[m]);
  }

  /** Above and below 6 rows for each column. */
  @ParameterizedTest
  @CsvSource({"2303, 384", "2304, 384"})
  void gramMatricesOfManyRows(int m, int d) {
    checkGram(normals(m * d), normals(d), normals(m));
  }

  private void checkGram(double[] c, double[] center, double[] a) {
    int m = a.length;
    int d = center.length;
    double[] gram = new double[d * d];
    double[] row = new double[d];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < d; j++) {
        row[j] = c[i * d + j] - center[j];
      }
      for (int j = 0; j < d; j++) {
        for (int k = 0; k < d; k++) {
          gram[j * d + k] += a[i] * row[j] * row[k];
        }
      }
    }
    double[] before = normals(d * d);
    for (CpuBackends backends : CpuBackends.values()) {
      try (Backend backend = backends.open();
          Buffer cBuffer = backend.allocate(m, d);
          Buffer centerBuffer = backend.allocate(1, d);
          Buffer aBuffer = backend.allocate(1, m);
          Buffer h = backend.allocate(d, d)) {
        backend.write(c, cBuffer);
        backend.write(center, centerBuffer);
        backend.write(a, aBuffer);
        backend.write(filled(d * d, Double.NaN), h);
        backend.gram(cBuffer, centerBuffer, aBuffer, 0, h);
        assertClose(read(backend, h), e -> gram[e], m);
        backend.write(before, h);
        backend.gram(cBuffer, centerBuffer, aBuffer, 1, h);
        // What h held above its diagonal does not count.
        assertClose(
            read(backend, h),
            e -> before[Math.max(e / d, e % d) * d + Math.min(e / d, e % d)] + gram[e],
            m);
      }
    }
  }

  @Test
  void aWeightThatIsNotANumberIsNotLost() {
    int d = 384;
    try (Backend backend = CpuBackends.VECTOR_2.open();
        Buffer c = backend.allocate(2, d);
        Buffer center = backend.allocate(1, d);
        Buffer a = backend.allocate(1, 2);
        Buffer h = backend.allocate(d, d)) {
      backend.write(normals(2 * d), c);
      backend.write(new double[] {1, Double.NaN}, a);
      backend.gram(c, center, a, 0, h);
      assertThat(read(backend, h)).containsOnly(Double.NaN);
    }
  }

  private double[] normals(int count) {
    return DoubleStream.generate(random::nextGaussian).limit(count).toArray();
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }

  private static double[] read(Backend backend, Buffer buffer) {
    double[] values = new double[(int) (buffer.rows() * buffer.columns())];
    backend.read(buffer, values);
    return values;
  }

  /** Within what the rounding of so many additions can come to. */
  private static void assertClose(double[] actual, IntToDoubleFunction expected, int additions) {
    double largest = 1;
    double furthest = 0;
    for (int e = 0; e < actual.length; e++) {
      largest = Math.max(largest, Math.abs(expected.applyAsDouble(e)));
      double distance = Math.abs(actual[e] - expected.applyAsDouble(e));
      furthest = distance <= furthest ? furthest : distance;
    }
    assertThat(furthest).isLessThanOrEqualTo((additions + 1) * Math.ulp(largest));
  }
}
