package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A backend under test, what its tests are made of, and how close a result has to be. */
public abstract class ContractSupport {
  /** Rounding allowed in a sum, relative to the sum of the absolute values of its terms. */
  static final double SUM = 1e-13;

  /** Entries enough for three threads to share an element-wise job, and no multiple of anything. */
  static final int LONG = 70_001;

  private final List<Buffer> opened = new ArrayList<>();
  Backend backend;
  Random random;

  /** The backend under test. */
  protected abstract Backend open();

  @BeforeEach
  void openBackend() {
    backend = open();
    random = new Random(20230816);
  }

  @AfterEach
  void closeBackend() {
    opened.forEach(Buffer::close);
    backend.close();
  }

  double[] normals(int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  double[][] matrix(int rows, int columns) {
    double[][] values = new double[rows][];
    Arrays.setAll(values, i -> normals(columns));
    return values;
  }

  double[] squares(int size) {
    return Arrays.stream(normals(size)).map(v -> v * v).toArray();
  }

  /** GᵀG / d + I / 10. */
  double[][] positiveDefinite(int d) {
    double[][] g = matrix(d, d);
    double[][] h = new double[d][d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = i == j ? 0.1 : 0;
        for (int k = 0; k < d; k++) {
          sum += g[i][k] * g[j][k] / d;
        }
        h[i][j] = sum;
        h[j][i] = sum;
      }
    }
    return h;
  }

  static double[] scaled(double factor, double[] values) {
    return Arrays.stream(values).map(v -> factor * v).toArray();
  }

  static double[] filled(int size, double value) {
    double[] values = new double[size];
    Arrays.fill(values, value);
    return values;
  }

  static double[] flat(double[][] a) {
    return Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray();
  }

  static double[][] rows(double[] flat, int columns) {
    double[][] rows = new double[flat.length / columns][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * columns, (i + 1) * columns));
    return rows;
  }

  static double[][] stored(double[][] a, ElementType type) {
    return SoftmaxReluOracle.entries(matrix(a, type));
  }

  static Matrix matrix(double[][] values, ElementType type) {
    Matrix matrix = Matrix.allocate(values.length, values[0].length, type);
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < values[i].length; j++) {
        matrix.set(i, j, values[i][j]);
      }
    }
    return matrix;
  }

  Buffer upload(double[][] values, ElementType type) {
    return keep(backend.upload(matrix(values, type)));
  }

  Buffer allocate(long rows, long columns) {
    return keep(backend.allocate(rows, columns));
  }

  Buffer buffer(double[][] values) {
    Buffer buffer = allocate(values.length, values[0].length);
    backend.write(flat(values), buffer);
    return buffer;
  }

  Buffer vector(double... values) {
    return buffer(new double[][] {values});
  }

  Buffer keep(Buffer buffer) {
    opened.add(buffer);
    return buffer;
  }

  double[] read(Buffer buffer) {
    return read(backend, buffer);
  }

  static double[] read(Backend from, Buffer buffer) {
    double[] values = new double[(int) (buffer.rows() * buffer.columns())];
    from.read(buffer, values);
    return values;
  }

  static void assertClose(double actual, AccurateSum expected) {
    assertClose(actual, expected.value(), SUM * expected.magnitude());
  }

  /** As AssertJ's isCloseTo, which is too slow for a million entries. */
  static void assertClose(double actual, double expected, double bound) {
    if (!(Math.abs(actual - expected) <= bound)) {
      fail("%s differs from %s by more than %s", actual, expected, bound);
    }
  }

  static void refused(Runnable call) {
    assertThatThrownBy(call::run).isInstanceOf(IllegalArgumentException.class);
  }
}
