package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Columns of A2 that are kept: the same results to the bit, and A2 is read once. */
@ParameterizedClass
@EnumSource
final class ColumnCacheTest {
  private static final int VECTORS = 3;
  private static final int D = 5;

  @Parameter CpuBackends which;

  private final Random random = new Random(7);

  /** Lists that overlap, that fill the room there is (groups of 64 columns), that exceed it. */
  @ParameterizedTest
  @CsvSource({"FLOAT64, 1, 1100", "FLOAT64, 103, 1100", "FLOAT32, 70, 2100", "FLOAT64, 1003, 520"})
  void resultsDoNotDependOnWhatIsKept(ElementType type, int m, int n) {
    Matrix a2 = matrix(m, n, type);
    Matrix a1 = matrix(n, D, ElementType.FLOAT64);
    int room = n * type.bytes() / 64 / 64 * 64;
    try (Backend backend = which.open();
        Buffer uploaded = backend.upload(a2)) {
      for (int count : new int[] {1, room / 2, room / 2, 3, room, room - 1, n / 2, 2, room / 3}) {
        int[] units = units(n, count);
        double[] coefficients = normals(VECTORS * n);
        double[] columns = withColumns(backend, uploaded, units, coefficients);
        int[] some = Arrays.copyOf(units, Math.max(1, 2 * units.length / 3));
        double[] updated = updated(backend, uploaded, some, a1);
        try (Backend fresh = which.open();
            Buffer again = fresh.upload(a2)) {
          assertThat(updated).isEqualTo(updated(fresh, again, some, a1));
          assertThat(columns).isEqualTo(withColumns(fresh, again, units, coefficients));
        }
        assertThat(columns[m - 1]).isCloseTo(sum(a2, units, coefficients), within(1e-12));
      }
    }
  }

  /** What changes an uploaded matrix shows whether it was read. */
  @ParameterizedTest
  @CsvSource({"FLOAT64", "FLOAT32"})
  void whatTrialPointsReadIsKeptForC(ElementType type) {
    int m = 37;
    int n = 1200;
    Matrix a2 = matrix(m, n, type);
    Matrix a1 = matrix(n, D, ElementType.FLOAT64);
    int[] units = units(n, 20);
    try (Backend backend = which.open();
        Buffer uploaded = backend.upload(a2);
        Buffer anew = backend.upload(a2)) {
      double[] before = updated(backend, uploaded, units, a1);
      withColumns(backend, uploaded, units, normals(VECTORS * n));
      for (int i = 0; i < m; i++) {
        a2.set(i, units[3], Double.NaN);
      }
      assertThat(updated(backend, uploaded, units, a1)).isEqualTo(before);
      // Another upload is another matrix.
      assertThat(updated(backend, anew, units, a1)).containsOnly(Double.NaN);
    }
  }

  /** Row k: what the columns add to k. */
  private static double[] withColumns(Backend backend, Buffer a2, int[] units, double[] values) {
    int m = (int) a2.rows();
    try (Buffer x = backend.allocate(VECTORS, a2.columns());
        Buffer y = backend.allocate(VECTORS, m);
        Units list = list(backend, (int) a2.columns(), units)) {
      backend.write(values, x);
      backend.addColumns(a2, list, x, 1, y);
      double[] result = new double[VECTORS * m];
      backend.read(y, result);
      return result;
    }
  }

  private static double[] updated(Backend backend, Buffer a2, int[] units, Matrix a1) {
    try (Buffer right = backend.upload(a1);
        Buffer c = backend.allocate(a2.rows(), D);
        Units list = list(backend, (int) a2.columns(), units)) {
      backend.accumulate(a2, list, right, 1, c);
      double[] result = new double[(int) a2.rows() * D];
      backend.read(c, result);
      return result;
    }
  }

  /** These units, switched on. */
  private static Units list(Backend backend, int n, int[] units) {
    double[] to = new double[n];
    for (int unit : units) {
      to[unit] = 1;
    }
    Units list = backend.units(n);
    try (Buffer off = backend.allocate(1, n);
        Buffer on = backend.allocate(1, n)) {
      backend.write(to, on);
      backend.flippedUnits(off, on, list);
    }
    return list;
  }

  /** The last entry of the first of the vectors. */
  private static double sum(Matrix a2, int[] units, double[] coefficients) {
    double sum = 0;
    for (int unit : units) {
      sum += a2.get(a2.rows() - 1, unit) * coefficients[unit];
    }
    return sum;
  }

  private int[] units(int n, int count) {
    return random.ints(0, n).distinct().limit(count).sorted().toArray();
  }

  private double[] normals(int size) {
    return random.doubles(size, -1, 1).toArray();
  }

  private Matrix matrix(int rows, int columns, ElementType type) {
    Matrix matrix = Matrix.allocate(rows, columns, type);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(i, j, random.nextDouble(-1, 1));
      }
    }
    return matrix;
  }
}
