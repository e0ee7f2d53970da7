package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.io.NpyFile;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a backend may be given as A2 it computes with as well when most of it is zeros. */
public abstract class SparseContract extends SamplingContract {
  /**
   * Every twelfth entry, on average; each third row and the last of several columns empty, and one
   * row full where rows are many.
   */
  private double[][] sparse(int rows, int columns) {
    double[][] a = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      boolean full = i == rows / 2 && rows > 20;
      for (int j = 0; j < columns; j++) {
        boolean empty = i % 3 == 1 || (j == columns - 1 && columns > 1);
        double value = random.nextGaussian();
        a[i][j] = full || (!empty && random.nextInt(12) == 0) ? value : i % 2 == 0 ? 0.0 : -0.0;
      }
    }
    return a;
  }

  private static Matrix counted(double[][] a, ElementType type) {
    return counted(matrix(a, type));
  }

  /** As a problem has it. */
  private static Matrix counted(Matrix matrix) {
    long count = 0;
    for (long i = 0; i < matrix.rows(); i++) {
      for (long j = 0; j < matrix.columns(); j++) {
        count += matrix.get(i, j) == 0 ? 0 : 1;
      }
    }
    return matrix.withNonZeros(count);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 3, 2",
    "3, 2, 8",
    "7, 40, 9",
    "103, 257, 7",
    "257, 103, 17",
    "130, 71, 35",
    "1, 3000, 3",
    "300, 1, 4",
    "5000, 33, 1",
    "40001, 12, 5"
  })
  void productsWithSparseMatrices(int rows, int columns, int vectors) {
    for (ElementType type : ElementType.values()) {
      checkProducts(counted(sparse(rows, columns), type), vectors);
      checkProducts(counted(new double[rows][columns], type), vectors);
    }
  }

  /** Few non-zeros or many, of a sparse matrix and of a dense one: the row that is full is last. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 40, 3", "103, 257, 5", "1, 3000, 3", "5000, 33, 1"})
  void productsWithRowsOfAnUploadedMatrix(int rows, int columns, int vectors) {
    for (ElementType type : ElementType.values()) {
      for (double[][] entries : List.of(sparse(rows, columns), matrix(rows, columns))) {
        Matrix a = counted(entries, type);
        Buffer whole = keep(backend.upload(a));
        int[] some = random.ints(1 + rows / 2, 0, rows).toArray();
        int[] last = {rows - 1, rows / 2};
        for (int[] numbers : List.of(some, last)) {
          try (Arena arena = Arena.ofShared()) {
            Matrix chosen = a.rows(numbers, arena);
            try (Buffer buffer = backend.uploadRows(chosen, whole)) {
              checkProducts(buffer, SoftmaxReluOracle.entries(chosen), vectors);
              backend.finish();
            }
          }
        }
      }
    }
  }

  private void checkProducts(Matrix a, int vectors) {
    checkProducts(keep(backend.upload(a)), SoftmaxReluOracle.entries(a), vectors);
  }

  private void checkProducts(Buffer matrix, double[][] entries, int vectors) {
    int rows = entries.length;
    int columns = entries[0].length;
    double[][] x = matrix(vectors, columns);
    for (int count : new int[] {vectors, 1}) {
      Buffer y = buffer(matrix(count, rows));
      backend.multiply(matrix, buffer(x).rows(0, count), y);
      double[] actual = read(y);
      for (int k = 0; k < count; k++) {
        for (int i = 0; i < rows; i++) {
          assertClose(actual[k * rows + i], AccurateSum.dot(entries[i], x[k]));
        }
      }
    }
    double[][] v = matrix(vectors, rows);
    for (int count : new int[] {vectors, 1}) {
      Buffer y = buffer(matrix(count, columns));
      backend.multiplyTransposed(matrix, buffer(v).rows(0, count), y);
      double[] actual = read(y);
      for (int k = 0; k < count; k++) {
        for (int j = 0; j < columns; j++) {
          AccurateSum sum = new AccurateSum();
          for (int i = 0; i < rows; i++) {
            sum.addProduct(entries[i][j], v[k][i]);
          }
          assertClose(actual[k * columns + j], sum);
        }
      }
    }
    checkColumns(matrix, entries, x, filled(columns, 1));
    checkColumns(matrix, entries, x, normals(columns));
    checkColumns(matrix, entries, x, new double[columns]);
  }

  /** The columns where {@code chosen} is above 0. */
  private void checkColumns(Buffer matrix, double[][] entries, double[][] x, double[] chosen) {
    int rows = entries.length;
    int columns = chosen.length;
    double[][] before = matrix(x.length, rows);
    Buffer y = buffer(before);
    Buffer made = buffer(rows(filled(x.length * rows, Double.NaN), rows));
    double[][] v = matrix(x.length, rows);
    double[][] old = matrix(x.length, columns);
    Buffer transposed = buffer(old);
    try (Units units = backend.units(columns)) {
      backend.activeUnits(vector(chosen), units);
      backend.addColumns(matrix, units, buffer(x), 1, y);
      backend.addColumns(matrix, units, buffer(x), 0, made);
      backend.multiplyTransposed(matrix, units, buffer(v), transposed);
    }
    double[] actual = read(y);
    double[] actualMade = read(made);
    double[] actualTransposed = read(transposed);
    for (int k = 0; k < x.length; k++) {
      for (int i = 0; i < rows; i++) {
        AccurateSum sum = new AccurateSum();
        for (int u = 0; u < columns; u++) {
          sum.addProduct(chosen[u] > 0 ? entries[i][u] : 0, x[k][u]);
        }
        assertClose(actualMade[k * rows + i], sum);
        sum.add(before[k][i]);
        assertClose(actual[k * rows + i], sum);
      }
      for (int u = 0; u < columns; u++) {
        AccurateSum sum = new AccurateSum();
        for (int i = 0; i < rows; i++) {
          sum.addProduct(entries[i][u], v[k][i]);
        }
        // That of a unit that was not chosen may be there too.
        double value = actualTransposed[k * columns + u];
        if (chosen[u] > 0 || value != old[k][u]) {
          assertClose(value, sum);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 3, 2",
    "3, 40, 9",
    "103, 257, 17",
    "57, 103, 151",
    "1, 3000, 24",
    "300, 1, 33",
    "2, 20_000, 2",
    "700, 33, 7"
  })
  void accumulateFromSparseMatrices(int m, int n, int d) {
    for (ElementType type : ElementType.values()) {
      double[][] a1 = matrix(n, d);
      double[] none = new double[n];
      double[] last = new double[n];
      last[n - 1] = 1;
      double[] some = normals(n);
      for (double[][] a2 : new double[][][] {sparse(m, n), new double[m][n]}) {
        Buffer matrix = keep(backend.upload(counted(a2, type)));
        double[][] entries = stored(a2, type);
        double[][] stored = stored(a1, type);
        Buffer a1Buffer = upload(a1, type);
        checkAccumulate(matrix, entries, a1Buffer, stored, none, filled(n, 1));
        checkAccumulate(matrix, entries, a1Buffer, stored, none, some);
        checkAccumulate(matrix, entries, a1Buffer, stored, some, normals(n));
        checkAccumulate(matrix, entries, a1Buffer, stored, last, none);
        checkAccumulate(matrix, entries, a1Buffer, stored, none, none);
      }
    }
  }

  /**
   * Few units, in columns that are empty, sparse and full, of either sign: rows get none of them,
   * one, a few or all, and rows and lists are more than what is treated together.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 90, 151, 30",
    "3, 91, 17, 30",
    "515, 7, 33, 2",
    "1_031, 130, 23, 40",
    "1_541, 40, 64, 1",
    "700, 400, 9, 131"
  })
  void accumulateByFewColumnsOfSparseMatrices(int m, int n, int d, int units) {
    for (ElementType type : ElementType.values()) {
      double[][] a1 = matrix(n, d);
      double[][] a2 = sparse(m, n);
      for (int i = 0; i < m; i++) {
        // A column of an entry in every row but one.
        a2[i][n / 2] = i == m / 3 ? 0 : random.nextGaussian();
      }
      double[] from = new double[n];
      double[] to = new double[n];
      to[n / 2] = 1;
      to[n - 1] = 1;
      for (int k = 2; k < units; k++) {
        (k % 2 == 0 ? from : to)[random.nextInt(n)] = 1;
      }
      double[][] entries = stored(a2, type);
      double[][] stored = stored(a1, type);
      Buffer a1Buffer = upload(a1, type);
      Buffer matrix = keep(backend.upload(counted(a2, type)));
      checkAccumulate(matrix, entries, a1Buffer, stored, from, to);
      int first = m / 2;
      int count = Math.max(1, m / 2 - 1);
      double[][] some = Arrays.copyOfRange(entries, first, first + count);
      checkAccumulate(matrix.rows(first, count), some, a1Buffer, stored, from, to);
    }
  }

  private void checkAccumulate(
      Buffer a2, double[][] entries, Buffer a1, double[][] stored, double[] from, double[] to) {
    int m = entries.length;
    int n = stored.length;
    int d = stored[0].length;
    double[][] before = matrix(m, d);
    Buffer kept = buffer(before);
    Buffer made = buffer(rows(filled(m * d, Double.NaN), d));
    try (Units units = backend.units(n)) {
      backend.flippedUnits(vector(from), vector(to), units);
      backend.accumulate(a2, units, a1, 1, kept);
      backend.accumulate(a2, units, a1, 0, made);
    }
    double[] actualKept = read(kept);
    double[] actualMade = read(made);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < d; j++) {
        AccurateSum sum = ofUnits(entries[i], stored, j, from, to);
        assertClose(actualMade[i * d + j], sum);
        sum.add(before[i][j]);
        assertClose(actualKept[i * d + j], sum);
      }
    }
  }

  /** Units in columns that are empty, sparse and full, of either sign, and rows likewise. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1",
    "1, 2, 3, 0",
    "2, 40, 9, 8",
    "103, 257, 17, 5",
    "103, 30, 151, 30",
    "515, 7, 33, 2",
    "1_031, 130, 60, 59",
    "1_541, 40, 7, 7",
    "2_003, 300, 257, 200",
    "9_001, 12, 12, 6"
  })
  void gramOfUnitsOfSparseMatrices(int m, int n, int d, int most) {
    for (ElementType type : ElementType.values()) {
      double[][] a2 = sparse(m, n);
      for (int i = 0; i < m; i++) {
        a2[i][n / 2] = i == m / 3 && m > 1 ? 0 : random.nextGaussian();
      }
      double[] from = new double[n];
      double[] to = new double[n];
      for (int k = 0; k < most; k++) {
        (k % 3 == 1 ? from : to)[k == 0 ? n / 2 : random.nextInt(n)] = 1;
      }
      Buffer matrix = keep(backend.upload(counted(a2, type)));
      checkGramOfUnits(matrix, stored(a2, type), matrix(n, d), type, from, to);
      int first = m / 3;
      int count = Math.max(1, m / 2);
      double[][] some = Arrays.copyOfRange(stored(a2, type), first, first + count);
      checkGramOfUnits(matrix.rows(first, count), some, matrix(n, d), type, from, to);
    }
  }

  private void checkGramOfUnits(
      Buffer a2, double[][] entries, double[][] a1, ElementType type, double[] from, double[] to) {
    int m = entries.length;
    int n = a1.length;
    int d = a1[0].length;
    double[] center = normals(d);
    double[] a = normals(m);
    a[m / 2] = 0;
    Buffer a1Buffer = upload(a1, type);
    double[][] stored = stored(a1, type);
    Buffer h = buffer(rows(filled(d * d, Double.NaN), d));
    Buffer weights = vector(a);
    Buffer middle = vector(center);
    try (Units units = backend.units(n)) {
      backend.flippedUnits(vector(from), vector(to), units);
      if (a2.storedEntries() == (long) m * n) {
        refused(() -> backend.gramOfUnits(a2, units, a1Buffer, middle, weights, h));
        return;
      }
      double scale = backend.gramOfUnits(a2, units, a1Buffer, middle, weights, h);
      double[][] c = new double[m][d];
      double[][] sizes = new double[m][d];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < d; j++) {
          AccurateSum sum = ofUnits(entries[i], stored, j, from, to);
          c[i][j] = sum.value();
          sizes[i][j] = sum.magnitude();
        }
      }
      assertGramOfUnits(read(h), scale, c, sizes, center, a);
    }
  }

  private static void assertGramOfUnits(
      double[] h, double scale, double[][] c, double[][] sizes, double[] center, double[] a) {
    int d = center.length;
    AccurateSum scales = new AccurateSum();
    double scaleSize = 0;
    for (int j = 0; j < d; j++) {
      AccurateSum uncentered = new AccurateSum();
      for (int k = 0; k <= j; k++) {
        AccurateSum sum = new AccurateSum();
        double size = 0;
        for (int i = 0; i < a.length; i++) {
          sum.addProduct(a[i] * (c[i][j] - center[j]), c[i][k] - center[k]);
          size +=
              Math.abs(a[i])
                  * (sizes[i][j] + Math.abs(center[j]))
                  * (sizes[i][k] + Math.abs(center[k]));
          if (k == j) {
            uncentered.addProduct(a[i] * c[i][j], c[i][j]);
          }
        }
        assertThat(h[j * d + k]).isCloseTo(sum.value(), within(1e-14 * size));
        assertThat(h[k * d + j]).isEqualTo(h[j * d + k]);
        scaleSize += k == j ? size : 0;
      }
      scales.add(Math.abs(uncentered.value()));
    }
    assertThat(scale).isCloseTo(scales.value() / d, within(1e-14 * scaleSize));
  }

  @Test
  void moreUnitsThanAGramMatrixTakesAreRefused() {
    int most = Backend.MOST_GRAM_UNITS;
    int n = most + 1;
    Buffer a2 = keep(backend.upload(counted(sparse(30, n), ElementType.FLOAT64)));
    for (int d : new int[] {7, n}) {
      Buffer a1 = upload(matrix(n, d), ElementType.FLOAT64);
      for (int count : new int[] {Math.min(d, most), Math.min(d, most) + 1}) {
        double[] chosen = new double[n];
        Arrays.fill(chosen, 0, count, 1);
        try (Units units = backend.units(n)) {
          backend.activeUnits(vector(chosen), units);
          Buffer h = allocate(d, d);
          if (count > Math.min(d, most) || a2.storedEntries() == 30L * n) {
            refused(() -> backend.gramOfUnits(a2, units, a1, allocate(1, d), allocate(30, 1), h));
          } else {
            backend.gramOfUnits(a2, units, a1, allocate(1, d), allocate(30, 1), h);
          }
        }
      }
    }
  }

  /** Σ_u ± row[u] a1[u,j] over the units that are switched on or off. */
  private static AccurateSum ofUnits(
      double[] row, double[][] a1, int j, double[] from, double[] to) {
    AccurateSum sum = new AccurateSum();
    for (int u = 0; u < a1.length; u++) {
      int sign = (to[u] > 0 ? 1 : 0) - (from[u] > 0 ? 1 : 0);
      sum.addProduct(sign * row[u], a1[u][j]);
    }
    return sum;
  }

  /** A sketch, and rows of a list, are those of the same matrix that nobody knows to be sparse. */
  @ParameterizedTest
  @CsvSource({"3, 40, 2", "103, 257, 64", "1000, 33, 32", "300, 1, 16"})
  void sketchesAndRowsOfSparseMatrices(int rows, int columns, int buckets) {
    for (ElementType type : ElementType.values()) {
      double[][] values = sparse(rows, columns);
      Buffer dense = upload(values, type);
      Buffer sparse = keep(backend.upload(counted(values, type)));
      Buffer a = vector(normals(rows));
      for (Buffer center : new Buffer[] {null, vector(normals(columns))}) {
        Buffer expected = allocate(buckets, columns);
        Buffer actual = buffer(matrix(buckets, columns));
        backend.countSketch(1, 2, dense, center, a, expected);
        backend.countSketch(1, 2, sparse, center, a, actual);
        assertThat(read(actual)).isEqualTo(read(expected));
      }
      try (Units list = backend.units(rows)) {
        backend.activeUnits(vector(normals(rows)), list);
        Buffer actual = buffer(matrix(list.count() + 1, columns));
        Buffer expected = allocate(list.count() + 1, columns);
        backend.copy(actual, expected);
        backend.gatherRows(sparse, list, 0, actual.rows(0, list.count()));
        backend.gatherRows(dense, list, 0, expected.rows(0, list.count()));
        assertThat(withoutSignsOfZero(actual)).isEqualTo(withoutSignsOfZero(expected));
      }
    }
  }

  private double[] withoutSignsOfZero(Buffer buffer) {
    return Arrays.stream(read(buffer)).map(value -> value + 0.0).toArray();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "0, 103", "1, 52", "50, 1", "50, 53", "102, 1"})
  void rowsOfASparseMatrixAreAViewOfIt(int first, int count) {
    int n = 50;
    double[][] values = sparse(103, n);
    double[][] entries = Arrays.copyOfRange(values, first, first + count);
    double[][] a1 = matrix(n, 5);
    double[] three = new double[n];
    Arrays.fill(three, 7, 10, 1);
    Buffer matrix = keep(backend.upload(counted(values, ElementType.FLOAT64)));
    for (Buffer rows :
        new Buffer[] {matrix.rows(first, count), matrix.rows(first, 103 - first).rows(0, count)}) {
      checkProducts(rows, entries, 3);
      checkAccumulate(rows, entries, buffer(a1), a1, new double[n], three);
      checkAccumulate(rows, entries, buffer(a1), a1, new double[n], normals(n));
    }
    refused(() -> matrix.rows(100, 4));
    refused(() -> matrix.rows(-1, 2));
  }

  @Test
  void aSparseMatrixMayBeAFile(@TempDir Path folder) {
    for (ElementType type : ElementType.values()) {
      double[][] values = sparse(203, 57);
      Path file = folder.resolve(type + ".npy");
      NpyFile.write(file, matrix(values, type));
      checkProducts(counted(NpyFile.read(file)), 3);
    }
  }
}
