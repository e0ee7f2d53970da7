package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every backend must do: each primitive against plain loops in twice float64's precision, at
 * sizes that are no multiple of any vector, tile or block. Errors are judged against the sum of the
 * absolute values of the terms, which is what rounding is proportional to.
 */
public abstract class BackendContract extends SparseContract {
  /** Rounding allowed in one value that takes a few operations. */
  private static final double FEW = 8 * Math.ulp(1.0);

  // Memory

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300, LONG})
  void readReturnsTheBitsThatWereWritten(int size) {
    double[] values = normals(size);
    double[] special = {Double.NaN, -0.0, Double.MIN_VALUE, Double.NEGATIVE_INFINITY};
    for (int i = 0; i < size; i++) {
      values[i] = i % 3 == 2 ? special[i / 3 % special.length] : values[i];
    }
    assertThat(read(vector(values))).isEqualTo(values);
  }

  @Test
  void newBuffersAreZero() {
    Buffer buffer = allocate(103, 7);
    assertThat(buffer.rows()).isEqualTo(103);
    assertThat(buffer.columns()).isEqualTo(7);
    assertThat(buffer.type()).isEqualTo(ElementType.FLOAT64);
    assertThat(read(buffer)).containsOnly(0.0);
  }

  @Test
  void memoryThatIsNotThereIsOneClearLine() {
    assertThatThrownBy(() -> backend.allocate(1L << 31, 1L << 20))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining((1L << 54) + " bytes")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @EnumSource
  void uploadedMatricesReadBackAsStored(ElementType type) {
    double[][] values = matrix(9, 17);
    Buffer buffer = upload(values, type);
    assertThat(buffer.type()).isEqualTo(type);
    assertThat(read(buffer)).isEqualTo(flat(stored(values, type)));
  }

  /** A mapped .npy file is read-only, and its data need not begin at a multiple of 8. */
  @ParameterizedTest
  @EnumSource
  void readOnlyUnalignedMatricesCanBeUploaded(ElementType type) {
    int rows = 9;
    int columns = 17;
    Matrix aligned = matrix(matrix(rows, columns), type);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(aligned.segment().byteSize() + 2, 64).asSlice(2);
      memory.copyFrom(aligned.segment());
      Matrix unaligned = Matrix.over(memory.asReadOnly(), rows, columns, type, "unaligned");
      Buffer x = vector(normals(columns));
      Buffer v = vector(normals(rows));
      assertThat(product(unaligned, x)).isEqualTo(product(aligned, x));
      assertThat(transposedProduct(unaligned, v)).isEqualTo(transposedProduct(aligned, v));
    }
  }

  @Test
  void copyCopies() {
    double[] values = normals(103);
    Buffer to = allocate(1, 103);
    backend.copy(vector(values), to);
    assertThat(read(to)).isEqualTo(values);
  }

  @Test
  void viewsShareTheMemoryOfTheirBuffer() {
    Buffer buffer = buffer(matrix(9, 7));
    double[] values = normals(14);
    Buffer view = buffer.rows(3, 2);
    assertThat(view.rows()).isEqualTo(2);
    assertThat(view.columns()).isEqualTo(7);
    backend.write(values, view);
    assertThat(Arrays.copyOfRange(read(buffer), 21, 35)).isEqualTo(values);
    assertThat(read(view.row(1))).isEqualTo(Arrays.copyOfRange(values, 7, 14));
    view.close();
    assertThat(read(buffer.row(4))).isEqualTo(Arrays.copyOfRange(values, 7, 14));
  }

  @Test
  void aBufferCanBeSeenInAnotherShape() {
    Buffer buffer = buffer(matrix(9, 7));
    double[] before = read(buffer);
    Buffer view = buffer.rows(2, 4).reshaped(5, 3);
    assertThat(view.rows()).isEqualTo(5);
    assertThat(view.columns()).isEqualTo(3);
    assertThat(read(view)).isEqualTo(Arrays.copyOfRange(before, 14, 29));
    assertThat(read(view.row(4))).isEqualTo(Arrays.copyOfRange(before, 26, 29));
    backend.write(normals(15), view);
    assertThat(Arrays.copyOfRange(read(buffer), 14, 29)).isEqualTo(read(view));
    assertThat(Arrays.copyOfRange(read(buffer), 29, 63))
        .isEqualTo(Arrays.copyOfRange(before, 29, 63));
    view.close();
    assertThat(read(buffer.reshaped(1, 63))).isEqualTo(read(buffer));
  }

  @Test
  void viewsOutsideTheirBufferAreRefused() {
    Buffer buffer = allocate(3, 5);
    assertThatThrownBy(() -> buffer.rows(2, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.rows(-1, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThat(buffer.rows(3, 0).rows()).isZero();
    assertThatThrownBy(() -> buffer.reshaped(2, 8)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.reshaped(-1, 2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closingTwiceDoesNothing() {
    Buffer buffer = backend.allocate(3, 5);
    buffer.close();
    buffer.close();
  }

  // Vectors

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 15, 16, 17, 103, 257, 300, LONG})
  void dot(int size) {
    double[] u = normals(size);
    double[] v = normals(size);
    assertClose(backend.dot(vector(u), vector(v)), AccurateSum.dot(u, v));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, LONG})
  void combine(int size) {
    double[] u = normals(size);
    double[] v = normals(size);
    Buffer out = allocate(1, size);
    backend.combine(-0.7, vector(u), 3, vector(v), out);
    assertCombined(out, -0.7, u, 3, v);

    Buffer first = vector(u);
    backend.combine(-0.7, first, 3, vector(v), first);
    assertCombined(first, -0.7, u, 3, v);

    Buffer second = vector(v);
    backend.combine(-0.7, vector(u), 3, second, second);
    assertCombined(second, -0.7, u, 3, v);

    Buffer both = vector(u);
    backend.combine(-0.7, both, 3, both, both);
    assertCombined(both, -0.7, u, 3, u);
  }

  private void assertCombined(Buffer out, double alpha, double[] u, double beta, double[] v) {
    double[] actual = read(out);
    for (int i = 0; i < u.length; i++) {
      double bound = FEW * (Math.abs(alpha * u[i]) + Math.abs(beta * v[i]));
      assertClose(actual[i], alpha * u[i] + beta * v[i], bound);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103})
  void stepsFillsOneRowPerLengthAndNoOther(int size) {
    double[] x = normals(size);
    double[] p = normals(size);
    double[] lengths = {2, 1, 0, -0.25};
    Buffer out = buffer(matrix(6, size));
    double[] untouched = read(out.rows(4, 2));
    backend.steps(vector(x), vector(p), lengths, out);
    for (int k = 0; k < lengths.length; k++) {
      assertCombined(out.row(k), 1, x, lengths[k], p);
    }
    assertThat(read(out.rows(4, 2))).isEqualTo(untouched);
  }

  // Products with A1, A2 and C

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 1, 8",
    "2, 3, 1",
    "3, 2, 4",
    "7, 9, 5",
    "8, 8, 4",
    "9, 7, 8",
    "15, 17, 3",
    "17, 15, 9",
    "103, 257, 7",
    "300, 103, 8",
    "1, 300, 2",
    "300, 1, 6",
    "5000, 3, 5",
    "9, 7, 18",
    "31, 33, 37",
    "40001, 2, 2",
    "9, 1061, 3",
    "50, 1024, 1",
    "100, 2049, 2",
    "61, 671, 1"
  })
  void multiply(int rows, int columns, int count) {
    for (ElementType type : ElementType.values()) {
      double[][] a = matrix(rows, columns);
      double[][] x = matrix(count, columns);
      Buffer y = buffer(matrix(count, rows));
      backend.multiply(upload(a, type), buffer(x), y);
      double[][] exact = stored(a, type);
      double[] actual = read(y);
      for (int k = 0; k < count; k++) {
        for (int i = 0; i < rows; i++) {
          assertClose(actual[k * rows + i], AccurateSum.dot(exact[i], x[k]));
        }
      }
    }
  }

  @Test
  void multiplyReadsAndWritesTheRowsOfItsViewsOnly() {
    double[][] a = matrix(17, 9);
    double[][] x = matrix(5, 9);
    double[][] before = matrix(6, 17);
    Buffer y = buffer(before);
    backend.multiply(upload(a, ElementType.FLOAT64), buffer(x).rows(1, 2), y.rows(3, 2));
    double[] actual = read(y);
    for (int k = 0; k < 6; k++) {
      for (int i = 0; i < 17; i++) {
        double value = actual[k * 17 + i];
        if (k == 3 || k == 4) {
          assertClose(value, AccurateSum.dot(a[i], x[k - 2]));
        } else {
          assertThat(value).isEqualTo(before[k][i]);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 3",
    "3, 2",
    "7, 9",
    "8, 8",
    "9, 7",
    "15, 17",
    "17, 15",
    "103, 257",
    "300, 103",
    "1, 300",
    "300, 1",
    "5000, 3",
    "40001, 2"
  })
  void multiplyTransposed(int rows, int columns) {
    for (ElementType type : ElementType.values()) {
      double[][] a = matrix(rows, columns);
      double[] v = normals(rows);
      Buffer y = vector(normals(columns));
      backend.multiplyTransposed(upload(a, type), vector(v), y);
      double[][] transposed = transposed(stored(a, type));
      double[] actual = read(y);
      for (int j = 0; j < columns; j++) {
        assertClose(actual[j], AccurateSum.dot(transposed[j], v));
      }
    }
  }

  /** Several vectors at once, fewer and more than any block has. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 2",
    "1, 7, 3",
    "2, 1, 4",
    "3, 2, 3",
    "7, 9, 5",
    "8, 8, 8",
    "15, 17, 9",
    "31, 25, 16",
    "103, 257, 7",
    "300, 103, 33",
    "64, 24, 1",
    "5000, 3, 2",
    "9, 7, 34",
    "31, 33, 37",
    "1201, 49, 13"
  })
  void multiplyTransposedOfSeveralRows(int rows, int columns, int vectors) {
    for (ElementType type : ElementType.values()) {
      double[][] a = matrix(rows, columns);
      double[][] v = matrix(vectors, rows);
      Buffer y = buffer(matrix(vectors, columns));
      backend.multiplyTransposed(upload(a, type), buffer(v), y);
      double[][] transposed = transposed(stored(a, type));
      double[] actual = read(y);
      for (int k = 0; k < vectors; k++) {
        for (int j = 0; j < columns; j++) {
          assertClose(actual[k * columns + j], AccurateSum.dot(transposed[j], v[k]));
        }
      }
    }
  }

  /** What a vector gives does not depend on the others. */
  @Test
  void transposedProductsOfRowsDoNotMix() {
    double[][] v = matrix(12, 9);
    v[4][3] = Double.NaN;
    Buffer y = allocate(12, 5);
    backend.multiplyTransposed(upload(matrix(9, 5), ElementType.FLOAT64), buffer(v), y);
    double[] actual = read(y);
    for (int at = 0; at < actual.length; at++) {
      assertThat(Double.isNaN(actual[at])).isEqualTo(at / 5 == 4);
    }
  }

  @Test
  void productsPassInfinitiesOn() {
    double[][] a = matrix(9, 9);
    double[] v = normals(9);
    v[4] = Double.POSITIVE_INFINITY;
    Buffer y = allocate(1, 9);
    backend.multiply(upload(a, ElementType.FLOAT64), vector(v), y);
    assertNoneFinite(read(y));
    backend.multiplyTransposed(upload(a, ElementType.FLOAT64), vector(v), y);
    assertNoneFinite(read(y));
  }

  // Hidden units

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300})
  void reluOfSeveralRows(int size) {
    double[][] z1 = matrix(3, size);
    z1[0][size / 2] = 0;
    z1[1][size - 1] = -0.0;
    z1[2][0] = Double.POSITIVE_INFINITY;
    Buffer h = allocate(3, size);
    backend.relu(buffer(z1), h);
    assertThat(read(h)).isEqualTo(Arrays.stream(flat(z1)).map(v -> v > 0 ? v : 0.0).toArray());
  }

  /** Otherwise an overflowed pre-activation would look like an inactive unit. */
  @Test
  void reluPassesNanOn() {
    Buffer h = allocate(1, 3);
    backend.relu(vector(1, Double.NaN, -1), h);
    assertThat(read(h)).isEqualTo(new double[] {1, Double.NaN, 0});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300})
  void maskKeepsWhereTheUnitIsActive(int size) {
    double[] z1 = units(size);
    double[] v = normals(size);
    double[] expected = new double[size];
    Arrays.setAll(expected, u -> z1[u] > 0 ? v[u] : 0);
    Buffer out = vector(normals(size));
    backend.mask(vector(z1), vector(v), out);
    assertThat(read(out)).isEqualTo(expected);

    Buffer inPlace = vector(v);
    backend.mask(vector(z1), inPlace, inPlace);
    assertThat(read(inPlace)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300, LONG})
  void settleClearsWhatIsRounding(int size) {
    double tolerance = 0x1.8p-40;
    double[] norms = squares(size);
    double[] z1 = normals(size);
    double[] expected = z1.clone();
    for (int u = 0; u < size; u++) {
      double limit = tolerance * norms[u];
      switch (u % 5) {
        case 0 -> z1[u] = u % 2 == 0 ? limit : -limit;
        case 1 -> z1[u] = u % 2 == 0 ? Math.nextUp(limit) : -Math.nextUp(limit);
        case 2 -> z1[u] = 0.5 * limit;
        default -> {}
      }
      expected[u] = u % 5 == 0 || u % 5 == 2 ? 0 : z1[u];
    }
    Buffer buffer = vector(z1);
    Buffer normsBuffer = vector(norms);
    backend.settle(buffer, normsBuffer, tolerance);
    double[] actual = read(buffer);
    for (int u = 0; u < size; u++) {
      // By ==, to which a zero of either sign is 0.
      if (actual[u] != expected[u]) {
        fail("entry %d: %s, expected %s", u, actual[u], expected[u]);
      }
    }
    assertThat(read(normsBuffer)).isEqualTo(norms);
  }

  /** A unit of norm 0 has z1 = 0 whatever x is; NaN is nothing that rounding leaves. */
  @Test
  void settleOfSpecialValues() {
    double nan = Double.NaN;
    double infinity = Double.POSITIVE_INFINITY;
    double least = Double.MIN_VALUE;
    double[] z1 = {nan, infinity, -infinity, 0, least, least, 1, nan, infinity, 5};
    double[] norms = {1, 1, 1, 0, 0, 1, nan, infinity, infinity, infinity};
    Buffer buffer = vector(z1);
    backend.settle(buffer, vector(norms), 0.25);
    assertThat(read(buffer))
        .isEqualTo(new double[] {nan, infinity, -infinity, 0, least, 0, 1, nan, 0, 0});
    Buffer none = vector(z1);
    backend.settle(none, vector(norms), nan);
    assertThat(read(none)).isEqualTo(z1);
    Buffer exact = vector(0, least, -least, 1);
    backend.settle(exact, vector(1, 1, 1, 1), 0);
    assertThat(read(exact)).isEqualTo(new double[] {0, least, -least, 1});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300})
  void activeUnitsAreThoseAboveZero(int size) {
    double[] z1 = units(size);
    double[] expected = new double[size];
    Arrays.setAll(expected, u -> z1[u] > 0 ? 1 : 0);
    try (Units units = backend.units(size)) {
      backend.activeUnits(vector(z1), units);
      assertThat(signs(units, size)).isEqualTo(expected);
      assertThat(units.count()).isEqualTo((int) Arrays.stream(expected).sum());

      backend.activeUnits(allocate(1, size), units);
      assertThat(units.count()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300})
  void flippedUnitsCarryTheSignOfTheirChange(int size) {
    double[] from = units(size);
    double[] to = units(size);
    double[] expected = new double[size];
    Arrays.setAll(expected, u -> (to[u] > 0 ? 1 : 0) - (from[u] > 0 ? 1 : 0));
    try (Units units = backend.units(size)) {
      backend.flippedUnits(vector(from), vector(to), units);
      assertThat(signs(units, size)).isEqualTo(expected);
      assertThat(units.count())
          .isEqualTo((int) Arrays.stream(expected).filter(s -> s != 0).count());

      backend.flippedUnits(vector(to), vector(to), units);
      assertThat(units.count()).isZero();
    }
  }

  /** The sign of every unit, 0 where it is not in the list: a product with the identity. */
  private double[] signs(Units units, int size) {
    double[][] identity = new double[size][size];
    for (int u = 0; u < size; u++) {
      identity[u][u] = 1;
    }
    double[][] ones = new double[1][size];
    Arrays.fill(ones[0], 1);
    Buffer c = allocate(1, size);
    backend.accumulate(
        upload(ones, ElementType.FLOAT64), units, upload(identity, ElementType.FLOAT64), 0, c);
    return read(c);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 3, 1",
    "3, 2, 2",
    "7, 9, 8",
    "8, 8, 8",
    "9, 7, 9",
    "17, 15, 25",
    "65, 16, 23",
    "103, 300, 17",
    "257, 103, 24",
    "100, 520, 49",
    "5000, 3, 3",
    "3, 5, 103"
  })
  void accumulate(int m, int n, int d) {
    for (ElementType type : ElementType.values()) {
      double[][] a2 = matrix(m, n);
      double[][] a1 = matrix(n, d);
      double[] none = new double[n];
      double[] all = normals(n);
      Arrays.setAll(all, u -> Math.abs(all[u]));
      double[] last = new double[n];
      last[n - 1] = 1;
      checkAccumulate(a2, a1, type, none, none);
      checkAccumulate(a2, a1, type, none, all);
      checkAccumulate(a2, a1, type, none, last);
      checkAccumulate(a2, a1, type, none, units(n));
      checkAccumulate(a2, a1, type, units(n), units(n));
      checkAccumulate(a2, a1, type, all, none);
    }
  }

  /**
   * Together they say A2 relu(z) in terms of another point's mask: Σ_{mask} a2 z + Σ_{flipped} a2
   * |z|.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 3, 2",
    "3, 2, 8",
    "103, 17, 3",
    "17, 300, 4",
    "257, 103, 8",
    "5000, 3, 5"
  })
  void flipCorrectionsAndColumnsMakeUpForAnotherMask(int m, int n, int k) {
    for (ElementType type : ElementType.values()) {
      double[] z1 = units(n);
      double[][] trials = matrix(k, n);
      // The last unit flips nowhere, wherever there are two.
      for (double[] trial : trials) {
        trial[n - 1] = n > 1 ? z1[n - 1] : trial[n - 1];
      }
      double[][] a2 = matrix(m, n);
      double[][] stored = stored(a2, type);
      double[][] before = matrix(k, m);
      Buffer corrections = buffer(matrix(k, n));
      Buffer y = buffer(before);
      try (Units units = backend.units(n)) {
        backend.flipCorrections(vector(z1), buffer(trials), corrections, units);
        backend.addColumns(upload(a2, type), units, corrections, 1, y);
        int flipping = 0;
        double[] found = read(corrections);
        for (int u = 0; u < n; u++) {
          boolean flips = false;
          for (int r = 0; r < k; r++) {
            boolean flipped = trials[r][u] > 0 != z1[u] > 0;
            assertThat(found[r * n + u]).isEqualTo(flipped ? Math.abs(trials[r][u]) : 0);
            flips |= flipped;
          }
          flipping += flips ? 1 : 0;
        }
        assertThat(units.count()).isEqualTo(flipping);
      }
      double[] actual = read(y);
      for (int r = 0; r < k; r++) {
        for (int i = 0; i < m; i++) {
          AccurateSum sum = new AccurateSum();
          sum.add(before[r][i]);
          for (int u = 0; u < n; u++) {
            sum.addProduct(stored[i][u], Math.max(trials[r][u], 0));
            sum.addProduct(-stored[i][u], z1[u] > 0 ? trials[r][u] : 0);
          }
          assertClose(actual[r * m + i], sum);
        }
      }
    }
  }

  /** A buffer may change between two calls, unlike a matrix that was uploaded. */
  @Test
  void columnsOfABufferAreThoseItHasNow() {
    int n = 1200;
    Buffer a = buffer(matrix(1, n));
    Buffer x = vector(filled(n, 1));
    Buffer y = vector(0);
    Buffer c = vector(0);
    Buffer ones = buffer(matrix(n, 1));
    backend.write(filled(n, 1), ones);
    try (Units units = backend.units(n)) {
      double[] one = new double[n];
      one[7] = 1;
      backend.flippedUnits(vector(new double[n]), vector(one), units);
      backend.addColumns(a, units, x, 1, y);
      backend.write(filled(n, 3), a);
      backend.write(new double[1], y);
      backend.addColumns(a, units, x, 1, y);
      backend.accumulate(a, units, ones, 1, c);
      assertThat(read(y)).containsExactly(3);
      assertThat(read(c)).containsExactly(3);
    }
  }

  private void checkAccumulate(
      double[][] a2, double[][] a1, ElementType type, double[] from, double[] to) {
    double[][] before = matrix(a2.length, a1[0].length);
    Buffer a2Buffer = upload(a2, type);
    Buffer a1Buffer = upload(a1, type);
    double[] signs = new double[from.length];
    Arrays.setAll(signs, u -> (to[u] > 0 ? 1 : 0) - (from[u] > 0 ? 1 : 0));
    double[][] a2Stored = stored(a2, type);
    double[][] a1Stored = stored(a1, type);
    try (Units units = backend.units(from.length)) {
      backend.flippedUnits(vector(from), vector(to), units);
      Buffer kept = buffer(before);
      backend.accumulate(a2Buffer, units, a1Buffer, 1, kept);
      Buffer cleared = buffer(before);
      // What was there must not matter, not even as 0 * NaN.
      backend.write(filled(flat(before).length, Double.NaN), cleared);
      backend.accumulate(a2Buffer, units, a1Buffer, 0, cleared);
      double[] actualKept = read(kept);
      double[] actualCleared = read(cleared);
      int d = a1[0].length;
      for (int i = 0; i < a2.length; i++) {
        for (int j = 0; j < d; j++) {
          AccurateSum sum = new AccurateSum();
          for (int u = 0; u < signs.length; u++) {
            sum.addProduct(signs[u] * a2Stored[i][u], a1Stored[u][j]);
          }
          assertClose(actualCleared[i * d + j], sum);
          sum.add(before[i][j]);
          assertClose(actualKept[i * d + j], sum);
        }
      }
    }
  }

  // Softmax

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 15, 16, 17, 103, 257, 300, LONG})
  void softmax(int size) {
    double[] z = normals(size);
    double[] b = distribution(size);
    checkSoftmax(z, b, null);
    checkSoftmax(z, b, squares(size));
    checkSoftmax(scaled(30, z), normals(size), squares(size));
    checkSoftmax(scaled(1e3, z), b, null);
  }

  private void checkSoftmax(double[] z, double[] b, double[] w2) {
    int size = z.length;
    double[] f = SoftmaxReluOracle.softmax(z);
    AccurateSum cc = new AccurateSum();
    AccurateSum fc = new AccurateSum();
    AccurateSum ff = new AccurateSum();
    AccurateSum noise = new AccurateSum();
    AccurateSum weighted = new AccurateSum();
    for (int i = 0; i < size; i++) {
      double c = f[i] - b[i];
      cc.addProduct(c, c);
      fc.addProduct(f[i], c);
      ff.addProduct(f[i], f[i]);
      noise.addProduct(f[i] * c, f[i] * c);
      weighted.addProduct(w2 == null ? 0 : w2[i] * z[i], z[i]);
    }
    Buffer fOut = vector(normals(size));
    Buffer gzOut = vector(normals(size));
    SoftmaxSums sums =
        backend.softmax(vector(z), vector(b), w2 == null ? null : vector(w2), fOut, gzOut);
    assertClose(sums.dataLoss(), 0.5 * cc.value(), SUM * lossMagnitude(f, b));
    assertClose(2 * sums.regularization(), weighted);
    assertClose(sums.fc(), fc.value(), SUM * absoluteDot(f, f, b));
    assertClose(sums.ff(), ff.value(), SUM * ff.value());
    assertClose(sums.fcNorm(), Math.sqrt(noise.value()), SUM * absoluteDot(f, f, b));
    assertThat(sums.largestLogit()).isEqualTo(Arrays.stream(z).map(Math::abs).max().orElseThrow());
    double meanMagnitude = absoluteDot(f, f, b);
    double[] actualF = read(fOut);
    double[] actualGz = read(gzOut);
    for (int i = 0; i < size; i++) {
      // Subnormal values of exp keep fewer bits.
      assertClose(actualF[i], f[i], SUM * f[i] + 1e-307);
      double data = f[i] * (f[i] - b[i]);
      double regular = w2 == null ? 0 : w2[i] * z[i];
      double magnitude =
          f[i] * (f[i] + Math.abs(b[i]) + meanMagnitude) + Math.abs(regular) + 1e-307;
      assertClose(actualGz[i], data - fc.value() * f[i] + regular, SUM * magnitude);
    }
  }

  /** Σ (f_i + |b_i|)². */
  private static double lossMagnitude(double[] f, double[] b) {
    double sum = 0;
    for (int i = 0; i < f.length; i++) {
      sum += Math.pow(f[i] + Math.abs(b[i]), 2);
    }
    return sum;
  }

  /** Σ |v_i| (f_i + |b_i|). */
  private static double absoluteDot(double[] v, double[] f, double[] b) {
    double sum = 0;
    for (int i = 0; i < f.length; i++) {
      sum += Math.abs(v[i]) * (f[i] + Math.abs(b[i]));
    }
    return sum;
  }

  @Test
  void softmaxOfFarApartLogitsIsOneHot() {
    double[] z = new double[103];
    z[101] = 1e308;
    z[3] = -1e308;
    double[] b = distribution(103);
    Buffer f = allocate(1, 103);
    Buffer gz = allocate(1, 103);
    backend.softmax(vector(z), vector(b), null, f, gz);
    double[] expected = new double[103];
    expected[101] = 1;
    assertThat(read(f)).isEqualTo(expected);
    assertThat(Arrays.stream(read(gz))).allMatch(g -> g == 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 17, 103, LONG})
  void anOverflowedLogitIsNeverAFiniteLoss(int size) {
    double[] b = distribution(size);
    for (double bad : List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)) {
      for (int at : List.of(0, size / 2, size - 1)) {
        double[] z = normals(size);
        z[at] = bad;
        SoftmaxSums sums =
            backend.softmax(
                vector(z), vector(b), vector(squares(size)), allocate(1, size), allocate(1, size));
        assertThat(sums.dataLoss()).isNaN();
        assertThat(sums.loss()).isNaN();
        assertThat(sums.fc()).isNaN();
        assertThat(sums.largestLogit()).isNotFinite();

        double[][] rows = {normals(size), z, normals(size)};
        double[][] both = losses(rows, b, null);
        assertThat(both[0][1]).isNaN();
        assertThat(both[0][0]).isFinite();
        assertThat(both[0][2]).isFinite();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, 300, LONG})
  void lossesAgreeWithTheOracleRowByRow(int size) {
    double[] b = distribution(size);
    double[] w2 = squares(size);
    double[][] z = matrix(size > 1000 ? 2 : 9, size);
    Arrays.setAll(z, k -> scaled(Math.pow(3, k % 5), z[k]));
    double[][] without = losses(z, b, null);
    double[][] with = losses(z, b, w2);
    for (int k = 0; k < z.length; k++) {
      double[] f = SoftmaxReluOracle.softmax(z[k]);
      AccurateSum cc = new AccurateSum();
      AccurateSum weighted = new AccurateSum();
      for (int i = 0; i < size; i++) {
        cc.addProduct(f[i] - b[i], f[i] - b[i]);
        weighted.addProduct(w2[i] * z[k][i], z[k][i]);
      }
      double bound = SUM * lossMagnitude(f, b);
      assertClose(without[0][k], 0.5 * cc.value(), bound);
      assertThat(without[1][k]).isZero();
      assertThat(with[0][k]).isEqualTo(without[0][k]);
      assertClose(2 * with[1][k], weighted);
    }
  }

  /** The data losses and the regularizations of the rows of z. */
  private double[][] losses(double[][] z, double[] b, double[] w2) {
    double[] dataLoss = new double[z.length];
    double[] regularization = new double[z.length];
    backend.losses(buffer(z), vector(b), w2 == null ? null : vector(w2), dataLoss, regularization);
    return new double[][] {dataLoss, regularization};
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 103, LONG})
  void curvatureWeights(int size) {
    double[] f = distribution(size);
    double[] b = normals(size);
    double fc = -0.37;
    Buffer a = allocate(1, size);
    backend.curvatureWeights(CurvatureForm.GAUSS_NEWTON, vector(f), vector(b), fc, a);
    assertThat(read(a)).isEqualTo(Arrays.stream(f).map(v -> v * v).toArray());

    backend.curvatureWeights(CurvatureForm.EXACT, vector(f), vector(b), fc, a);
    double[] q = read(a);
    for (int i = 0; i < size; i++) {
      double bound = FEW * f[i] * (2 * f[i] + Math.abs(b[i]) + Math.abs(fc));
      assertClose(q[i], (2 * f[i] - b[i]) * f[i] - fc * f[i], bound);
    }
  }

  /** Against the paper's B and J², with every entry of the m x m matrix formed. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 17, 103, 300})
  void applyCurvatureIsTheProductWithThePapersMatrix(int size) {
    double[] f = distribution(size);
    double[] b = distribution(size);
    double[] u = normals(size);
    double[] w2 = squares(size);
    AccurateSum fc = new AccurateSum();
    AccurateSum t = new AccurateSum();
    double[] p = new double[size];
    double[] squares = new double[size];
    for (int i = 0; i < size; i++) {
      fc.addProduct(f[i], f[i] - b[i]);
      t.addProduct(3 * f[i] - 2 * b[i], f[i]);
      p[i] = (2 * f[i] - b[i]) * f[i];
      squares[i] = f[i] * f[i];
    }
    double[] q = new double[size];
    Arrays.setAll(q, i -> p[i] - fc.value() * f[i]);
    checkApplyCurvature(CurvatureForm.EXACT, f, b, fc.value(), q, p, t.value(), u, w2);
    checkApplyCurvature(
        CurvatureForm.GAUSS_NEWTON,
        f,
        b,
        fc.value(),
        squares,
        squares,
        AccurateSum.dot(f, f).value(),
        u,
        w2);
  }

  private void checkApplyCurvature(
      CurvatureForm form,
      double[] f,
      double[] b,
      double fc,
      double[] q,
      double[] p,
      double t,
      double[] u,
      double[] w2) {
    int size = f.length;
    Buffer a = allocate(1, size);
    backend.curvatureWeights(form, vector(f), vector(b), fc, a);
    Buffer out = allocate(1, size);
    backend.applyCurvature(a, vector(f), vector(w2), vector(u), out);
    Buffer inPlace = vector(u);
    backend.applyCurvature(a, vector(f), null, inPlace, inPlace);
    double[] regularized = read(out);
    double[] plain = read(inPlace);
    for (int i = 0; i < size; i++) {
      AccurateSum sum = new AccurateSum();
      sum.addProduct(q[i], u[i]);
      for (int j = 0; j < size; j++) {
        sum.addProduct(-p[i] * f[j], u[j]);
        sum.addProduct(-f[i] * p[j], u[j]);
        sum.addProduct(t * f[i] * f[j], u[j]);
      }
      assertClose(plain[i], sum);
      sum.addProduct(w2[i], u[i]);
      assertClose(regularized[i], sum);
    }
  }

  @Test
  void applyCurvatureOfManyEntries() {
    double[] f = distribution(LONG);
    double[] a = normals(LONG);
    double[] u = normals(LONG);
    double mean = AccurateSum.dot(f, u).value();
    AccurateSum total = new AccurateSum();
    for (int i = 0; i < LONG; i++) {
      total.addProduct(a[i], u[i] - mean);
    }
    Buffer out = allocate(1, LONG);
    backend.applyCurvature(vector(a), vector(f), null, vector(u), out);
    double[] actual = read(out);
    for (int i = 0; i < LONG; i++) {
      double bound = SUM * (Math.abs(a[i]) * (Math.abs(u[i]) + 1) + f[i] * total.magnitude());
      assertClose(actual[i], a[i] * (u[i] - mean) - total.value() * f[i], bound);
    }
  }

  // The d x d system

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1, 9",
    "2, 3",
    "3, 2",
    "7, 9",
    "8, 8",
    "9, 7",
    "15, 17",
    "17, 15",
    "257, 24",
    "300, 25",
    "103, 103",
    "5000, 3",
    "2, 257"
  })
  void gramWithWeightsOfEitherSign(int rows, int d) {
    double[][] c = matrix(rows, d);
    double[] center = normals(d);
    double[] a = normals(rows);
    Buffer h = buffer(matrix(d, d));
    backend.gram(buffer(c), vector(center), vector(a), 0, h);
    assertGram(read(h), new double[d][d], c, center, a);
  }

  /** What h held stays, and blocks of rows, with a as a column, add up to the whole. */
  @ParameterizedTest
  @CsvSource({"2, 1", "3, 2", "9, 17", "103, 31", "1031, 25", "5000, 3"})
  void gramAddsBlocksOfRows(int rows, int d) {
    double[][] c = matrix(rows, d);
    double[] center = normals(d);
    double[] a = normals(rows);
    double[][] before = positiveDefinite(d);
    Buffer h = buffer(before);
    Buffer all = buffer(c);
    Buffer column = allocate(rows, 1);
    backend.write(a, column);
    int half = rows / 2;
    backend.gram(all.rows(0, half), vector(center), column.rows(0, half), 1, h);
    backend.gram(all.rows(half, rows - half), vector(center), column.rows(half, rows - half), 1, h);
    assertGram(read(h), before, c, center, a);
  }

  private static void assertGram(
      double[] actual, double[][] before, double[][] c, double[] center, double[] a) {
    int d = center.length;
    double[][] columns = transposed(c);
    for (int j = 0; j < d; j++) {
      for (int k = 0; k <= j; k++) {
        AccurateSum sum = new AccurateSum();
        sum.add(before[j][k]);
        for (int i = 0; i < a.length; i++) {
          sum.addProduct(a[i] * (columns[j][i] - center[j]), columns[k][i] - center[k]);
        }
        assertClose(actual[j * d + k], sum);
        assertThat(actual[k * d + j]).isEqualTo(actual[j * d + k]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 9, 17, 103, 257})
  void rankTwo(int d) {
    double[][] before = matrix(d, d);
    double[] u = normals(d);
    double[] v = normals(d);
    Buffer h = buffer(before);
    backend.rankTwo(h, vector(u), vector(v), -1.7);
    double[] actual = read(h);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        AccurateSum sum = new AccurateSum();
        sum.add(before[i][j]);
        sum.addProduct(u[i], v[j]);
        sum.addProduct(v[i], u[j]);
        sum.addProduct(-1.7 * v[i], v[j]);
        assertClose(actual[i * d + j], sum);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 9, 103})
  void scaleIsTheMeanAbsoluteDiagonal(int d) {
    double[][] h = matrix(d, d);
    AccurateSum sum = new AccurateSum();
    for (int j = 0; j < d; j++) {
      sum.add(Math.abs(h[j][j]));
    }
    assertClose(backend.scale(buffer(h)), sum.value() / d, SUM * sum.magnitude() / d);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 25, 64, 97, 129, 151, 288, 289, 312, 460, 801})
  void factorAndSolve(int d) {
    double[][] h = positiveDefinite(d);
    double shift = 0.5;
    Buffer l = buffer(matrix(d, d));
    Buffer hBuffer = buffer(h);
    assertThat(backend.factor(hBuffer, shift, l)).isTrue();
    assertThat(read(hBuffer)).isEqualTo(flat(h));
    assertProduct(rows(read(l), d), h, shift);
    double[] r = normals(d);
    Buffer out = vector(normals(d));
    backend.solve(l, vector(r), out);
    assertSolves(h, shift, read(out), r);
    Buffer inPlace = vector(r);
    backend.solve(l, inPlace, inPlace);
    assertThat(read(inPlace)).isEqualTo(read(out));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1", "1, 7", "2, 2", "2, 3", "3, 1", "3, 7", "17, 2", "17, 3", "17, 7",
    "103, 2", "103, 3", "1, 5", "2, 6", "103, 7", "38, 18", "65, 130", "7, 23", "8, 24",
    "9, 25", "151, 47", "24, 49", "25, 96", "17, 97", "151, 100", "290, 193"
  })
  void solveForSeveralRows(int d, int count) {
    double[][] h = positiveDefinite(d);
    double shift = 0.25;
    Buffer l = allocate(d, d);
    assertThat(backend.factor(buffer(h), shift, l)).isTrue();
    double[][] r = matrix(count, d);
    double[][] before = matrix(count + 2, d);
    Buffer out = buffer(before);
    Buffer right = buffer(r);
    backend.solve(l, right, out.rows(1, count));
    double[][] solutions = rows(read(out), d);
    assertThat(solutions[0]).isEqualTo(before[0]);
    assertThat(solutions[count + 1]).isEqualTo(before[count + 1]);
    assertThat(read(right)).isEqualTo(flat(r));
    Buffer alone = allocate(1, d);
    for (int k = 0; k < count; k++) {
      assertSolves(h, shift, solutions[k + 1], r[k]);
    }
    backend.solve(l, right, right);
    assertThat(read(right)).isEqualTo(flat(Arrays.copyOfRange(solutions, 1, count + 1)));
    backend.solve(l, vector(r[count - 1]), alone);
    assertSolves(h, shift, read(alone), r[count - 1]);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 9, 25, 151, 289})
  void factorReadsTheLowerTriangleAlone(int d) {
    double[][] h = positiveDefinite(d);
    Buffer expected = allocate(d, d);
    assertThat(backend.factor(buffer(h), 0.5, expected)).isTrue();
    for (int i = 0; i < d; i++) {
      Arrays.fill(h[i], i + 1, d, Double.NaN);
    }
    Buffer l = buffer(matrix(d, d));
    assertThat(backend.factor(buffer(h), 0.5, l)).isTrue();
    assertThat(read(l)).isEqualTo(read(expected));
  }

  /** l is lower triangular, and l lᵀ v = (h + shift I) v for some v. */
  private void assertProduct(double[][] l, double[][] h, double shift) {
    int d = l.length;
    double[] v = normals(d);
    double[] product = new double[d];
    double[] magnitude = new double[d];
    for (int k = 0; k < d; k++) {
      for (int j = k; j < d; j++) {
        product[k] += l[j][k] * v[j];
        magnitude[k] += Math.abs(l[j][k] * v[j]);
        if (j > k && l[k][j] != 0) {
          fail("entry (%d, %d) above the diagonal is %s", k, j, l[k][j]);
        }
      }
    }
    for (int i = 0; i < d; i++) {
      AccurateSum expected = AccurateSum.dot(h[i], v);
      expected.addProduct(shift, v[i]);
      double actual = 0;
      double bound = 0;
      for (int k = 0; k <= i; k++) {
        actual += l[i][k] * product[k];
        bound += SUM * Math.abs(l[i][k]) * magnitude[k];
      }
      assertClose(actual, expected.value(), bound);
    }
  }

  private static void assertSolves(double[][] h, double shift, double[] x, double[] r) {
    for (int i = 0; i < r.length; i++) {
      AccurateSum residual = AccurateSum.dot(h[i], x);
      residual.addProduct(shift, x[i]);
      residual.add(-r[i]);
      assertClose(residual.value(), 0, 10 * SUM * residual.magnitude());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 9, 63, 64, 65, 129, 200, 300})
  void factorSaysThatAMatrixIsNotPositiveDefinite(int d) {
    for (int at : List.of(0, d / 2, d - 1)) {
      double[][] h = positiveDefinite(d);
      h[at][at] = -1;
      assertNotFactored(h, 0);
    }
    for (double bad : List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)) {
      double[][] h = positiveDefinite(d);
      h[d - 1][0] = bad;
      h[0][d - 1] = bad;
      assertNotFactored(h, 0);
      assertNotFactored(positiveDefinite(d), bad);
    }
    assertNotFactored(new double[d][d], 0);
    assertNotFactored(positiveDefinite(d), -1e6);
  }

  /** Indefinite only through its off-diagonal entries, and only in the last pivot. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 9, 65, 129, 300})
  void factorSeesAnIndefiniteMatrixWithAPositiveDiagonal(int d) {
    double[][] h = new double[d][d];
    for (int i = 0; i < d; i++) {
      h[i][i] = 1;
    }
    h[d - 1][0] = 1 + 1e-9;
    h[0][d - 1] = 1 + 1e-9;
    assertNotFactored(h, 0);
    h[d - 1][0] = 1 - 1e-9;
    h[0][d - 1] = 1 - 1e-9;
    assertThat(backend.factor(buffer(h), 0, allocate(d, d))).isTrue();
  }

  /** v vᵀ: its second pivot is 0 but for rounding of either sign, which must not pass for one. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 9, 65, 129})
  void aSingularMatrixNeedsAShift(int d) {
    for (int draw = 0; draw < 30; draw++) {
      double[] v = normals(d);
      double[][] h = new double[d][d];
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          h[i][j] = v[i] * v[j];
        }
      }
      assertNotFactored(h, 0);
      assertThat(backend.factor(buffer(h), 1e-6, allocate(d, d))).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 65})
  void factorDoesNotCareAboutScale(int d) {
    double[][] h = positiveDefinite(d);
    Buffer l = allocate(d, d);
    assertThat(backend.factor(buffer(h), 0, l)).isTrue();
    double[][] tiny = new double[d][];
    Arrays.setAll(tiny, i -> scaled(0x1p-400, h[i]));
    Buffer tinyL = allocate(d, d);
    assertThat(backend.factor(buffer(tiny), 0, tinyL)).isTrue();
    assertThat(read(tinyL)).isEqualTo(scaled(0x1p-200, read(l)));
  }

  private void assertNotFactored(double[][] h, double shift) {
    assertThat(backend.factor(buffer(h), shift, allocate(h.length, h.length))).isFalse();
  }

  // Everything at once

  @Test
  void theSameInputsGiveTheSameBits() {
    double[] first = everything(backend);
    assertThat(everything(backend)).isEqualTo(first);
    try (Backend again = open()) {
      assertThat(everything(again)).isEqualTo(first);
    }
  }

  private double[] everything(Backend on) {
    Random fixed = new Random(1);
    int m = 50_021;
    int n = 13;
    int d = 9;
    double[] a2Values = fixed.doubles((long) m * n, -1, 1).toArray();
    double[] a1Values = fixed.doubles((long) n * d, -1, 1).toArray();
    double[] xValues = fixed.doubles(d, -1, 1).toArray();
    try (Buffer a2 = on.upload(Matrix.of(m, n, a2Values));
        Buffer a1 = on.upload(Matrix.of(n, d, a1Values));
        Buffer x = on.allocate(1, d);
        Buffer z1 = on.allocate(1, n);
        Buffer h = on.allocate(1, n);
        Buffer z = on.allocate(1, m);
        Buffer b = on.allocate(1, m);
        Buffer f = on.allocate(1, m);
        Buffer gz = on.allocate(1, m);
        Units units = on.units(n);
        Buffer c = on.allocate(m, d);
        Buffer gradient = on.allocate(1, d);
        Buffer hessian = on.allocate(d, d);
        Buffer l = on.allocate(d, d);
        Buffer p = on.allocate(1, d)) {
      on.write(xValues, x);
      on.multiply(a1, x, z1);
      on.relu(z1, h);
      on.multiply(a2, h, z);
      SoftmaxSums sums = on.softmax(z, b, null, f, gz);
      on.activeUnits(z1, units);
      on.accumulate(a2, units, a1, 0, c);
      on.multiplyTransposed(c, gz, gradient);
      on.gram(c, gradient, f, 0, hessian);
      on.factor(hessian, 1, l);
      on.solve(l, gradient, p);
      double[] result = Arrays.copyOf(read(on, p), 2 * d + 3);
      System.arraycopy(read(on, gradient), 0, result, d, d);
      result[2 * d] = sums.dataLoss();
      result[2 * d + 1] = sums.ff();
      result[2 * d + 2] = on.dot(z, gz);
      return result;
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Buffer a = upload(matrix(3, 2), ElementType.FLOAT64);
    Buffer two = allocate(1, 2);
    Buffer three = allocate(1, 3);
    Buffer square = allocate(3, 3);
    refused(() -> backend.write(new double[3], two));
    refused(() -> backend.read(two, new double[3]));
    refused(() -> backend.copy(two, three));
    refused(() -> backend.dot(two, three));
    refused(() -> backend.combine(1, two, 1, three, two));
    refused(() -> backend.combine(1, two, 1, two, three));
    refused(() -> backend.steps(two, two, new double[2], two));
    refused(() -> backend.multiply(a, three, three));
    refused(() -> backend.multiply(a, two, two));
    refused(() -> backend.multiplyTransposed(a, two, two));
    refused(() -> backend.multiplyTransposed(a, three, three));
    refused(() -> backend.multiplyTransposed(a, square, two));
    refused(() -> backend.multiplyTransposed(a, square, square));
    refused(() -> backend.relu(two, three));
    refused(() -> backend.mask(two, three, two));
    refused(() -> backend.mask(two, two, three));
    refused(() -> backend.softmax(two, three, null, two, two));
    refused(() -> backend.softmax(two, two, three, two, two));
    refused(() -> backend.softmax(two, two, null, three, two));
    refused(() -> backend.softmax(two, two, null, two, three));
    refused(() -> backend.losses(two, three, null, new double[1], new double[1]));
    refused(() -> backend.losses(two, two, three, new double[1], new double[1]));
    refused(() -> backend.curvatureWeights(CurvatureForm.EXACT, two, three, 0, two));
    refused(() -> backend.curvatureWeights(CurvatureForm.EXACT, two, two, 0, three));
    refused(() -> backend.applyCurvature(two, two, null, three, three));
    refused(() -> backend.applyCurvature(two, two, three, two, two));
    refused(() -> backend.gram(square, two, three, 0, square));
    refused(() -> backend.gram(square, three, two, 0, square));
    refused(() -> backend.gram(square, three, three, 0, two));
    refused(() -> backend.gram(square, three, three, 0.5, square));
    refused(() -> backend.rankTwo(square, two, three, 1));
    refused(() -> backend.rankTwo(square, three, two, 1));
    refused(() -> backend.factor(square, 1, three));
    refused(() -> backend.solve(square, two, three));
    refused(() -> backend.solve(square, three, two));
    refused(() -> backend.solve(square, square, three));
    refused(() -> backend.solve(square, three, square));
    refused(() -> backend.solve(a, two, two));
    refused(() -> backend.settle(two, three, 1));
    refused(() -> backend.settle(three, two, 1));
    try (Units units = backend.units(3)) {
      refused(() -> backend.flippedUnits(two, three, units));
      refused(() -> backend.accumulate(square, units, square, 0.5, square));
      refused(() -> backend.accumulate(square, units, square, 1, two));
      refused(() -> backend.accumulate(a, units, square, 1, square));
    }
  }

  // Making and reading

  /** Positive, with sum 1. */
  private double[] distribution(int size) {
    return SoftmaxReluOracle.softmax(normals(size));
  }

  /** Pre-activations of either sign, with zeros of either sign among them. */
  private double[] units(int size) {
    double[] z1 = normals(size);
    for (int u = 2; u < size; u += 5) {
      z1[u] = u % 2 == 0 ? 0.0 : -0.0;
    }
    return z1;
  }

  private static double[][] transposed(double[][] a) {
    double[][] columns = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        columns[j][i] = a[i][j];
      }
    }
    return columns;
  }

  private double[] product(Matrix a, Buffer x) {
    Buffer y = allocate(1, a.rows());
    backend.multiply(keep(backend.upload(a)), x, y);
    return read(y);
  }

  private double[] transposedProduct(Matrix a, Buffer v) {
    Buffer y = allocate(1, a.columns());
    backend.multiplyTransposed(keep(backend.upload(a)), v, y);
    return read(y);
  }

  private static void assertNoneFinite(double[] values) {
    assertThat(Arrays.stream(values)).noneMatch(Double::isFinite);
  }
}
