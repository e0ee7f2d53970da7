package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SparseMatrixTest {
  /** Smaller than any normal number, of either type. */
  private static final float TINY = Float.MIN_VALUE;

  private final Random random = new Random(1);

  /** One non-zero: where it is and what it is, bit for bit. */
  private record Entry(int row, int column, long bits) {}

  /** Around the length of vectors, around blocks of rows, and where a row is more than a block. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 1, 0",
    "1, 17_000, 0.1",
    "5, 20_001, 0.07",
    "70_001, 1, 0.1",
    "40_003, 2, 0.5",
    "9_001, 7, 0.25",
    "2_100, 8, 0.07",
    "1_031, 9, 0.07",
    "300, 131, 0.25",
    "1_200, 150, 0.01",
    "517, 263, 0.07",
    "33, 127, 1"
  })
  void keepsNonZerosInOrderByRowsAndByColumns(int rows, int columns, double density) {
    for (ElementType type : ElementType.values()) {
      Matrix matrix = Matrix.allocate(rows, columns, type);
      List<Entry> byRows = fill(matrix, density);
      List<Entry> byColumns = new ArrayList<>(byRows);
      // The sort is stable.
      byColumns.sort((a, b) -> Integer.compare(a.column(), b.column()));
      for (Kernels kernels : List.of(new VectorKernels(), new ScalarKernels())) {
        for (int threads : new int[] {1, 2, 3}) {
          try (Parallel parallel = new Parallel(threads);
              SparseMatrix kept =
                  SparseMatrix.of(matrix.withNonZeros(byRows.size()), kernels, parallel)) {
            assertThat(byRows(kept)).isEqualTo(byRows);
            assertThat(byColumns(kept)).isEqualTo(byColumns);
            assertThatIllegalArgumentException().isThrownBy(() -> kept.reshaped(1, 1));
          }
        }
      }
    }
  }

  /** Every fifth row and the columns before the last are empty, and zeros have either sign. */
  private List<Entry> fill(Matrix matrix, double density) {
    List<Entry> entries = new ArrayList<>();
    int columns = (int) matrix.columns();
    for (int i = 0; i < matrix.rows(); i++) {
      for (int j = 0; j < columns; j++) {
        boolean empty = i % 5 == 3 || j == columns - 2 || random.nextDouble() >= density;
        float value = random.nextInt(20) == 0 ? TINY : (float) random.nextGaussian();
        matrix.set(i, j, empty ? Math.copySign(0.0, value) : value);
        if (!empty) {
          entries.add(new Entry(i, j, Double.doubleToRawLongBits(value)));
        }
      }
    }
    return entries;
  }

  private static List<Entry> byRows(SparseMatrix matrix) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < matrix.rows(); i++) {
      assertThat(matrix.before(i)).isEqualTo(entries.size());
      for (int p = 0; p < matrix.count(i); p++) {
        int column = RawMemory.getInt(matrix.columns(i) + 4L * p);
        entries.add(new Entry(i, column, RawMemory.getLong(matrix.values(i) + 8L * p)));
      }
    }
    assertThat(matrix.storedEntries()).isEqualTo(entries.size());
    return entries;
  }

  private static List<Entry> byColumns(SparseMatrix matrix) {
    List<Entry> entries = new ArrayList<>();
    for (int j = 0; j < matrix.columns(); j++) {
      for (long place = matrix.columnBegin(j); place < matrix.columnBegin(j + 1); place++) {
        assertThat(place).isEqualTo(entries.size());
        int row = RawMemory.getInt(matrix.rowNumbers(place));
        entries.add(new Entry(row, j, RawMemory.getLong(matrix.columnValues(place))));
      }
    }
    return entries;
  }

  /** Of the whole and of views of its rows, which have its columns: as found by going through. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 40, 0.2", "131, 10, 0.25", "1_031, 9, 0.07"})
  void placesOfARowAreTheFirstFromItOn(int rows, int columns, double density) {
    Matrix matrix = Matrix.allocate(rows, columns, ElementType.FLOAT64);
    long nonZeros = fill(matrix, density).size();
    try (Parallel parallel = new Parallel(2);
        SparseMatrix whole =
            SparseMatrix.of(matrix.withNonZeros(nonZeros), new VectorKernels(), parallel)) {
      for (int first : new int[] {0, rows / 3, rows - 1}) {
        SparseMatrix view = (SparseMatrix) whole.rows(first, Math.ceilDiv(rows - first, 2));
        for (int j = 0; j < columns; j++) {
          for (long i : new long[] {0, 1, view.rows() / 2, view.rows()}) {
            long expected = whole.columnBegin(j);
            while (expected < whole.columnBegin(j + 1L)
                && RawMemory.getInt(whole.rowNumbers(expected)) < first + i) {
              expected++;
            }
            assertThat(view.place(j, i)).isEqualTo(expected);
          }
        }
      }
    }
  }

  /** In any order, some twice, of the whole and of a view of it: as found in a copy of them. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1",
    "1, 17_000, 0.1, 3",
    "7, 40, 0.2, 5",
    "10, 131, 0.25, 1",
    "1_031, 9, 0.07, 700",
    "517, 263, 0.07, 2_000"
  })
  void rowsOfItAreThoseOfTheMatrix(int rows, int columns, double density, int count) {
    for (ElementType type : ElementType.values()) {
      Matrix matrix = Matrix.allocate(rows, columns, type);
      Matrix counted = matrix.withNonZeros(fill(matrix, density).size());
      int first = rows / 3;
      int[] all = random.ints(count, 0, rows).toArray();
      int[] inView = random.ints(count, 0, rows - first).toArray();
      int[] ofView = Arrays.stream(inView).map(i -> i + first).toArray();
      for (int threads : new int[] {1, 2, 3}) {
        try (Parallel parallel = new Parallel(threads);
            SparseMatrix whole = SparseMatrix.of(counted, new VectorKernels(), parallel)) {
          SparseMatrix view = (SparseMatrix) whole.rows(first, rows - first);
          checkRows(whole, all, counted, all, parallel);
          checkRows(view, inView, counted, ofView, parallel);
          checkRows(whole, new int[0], counted, new int[0], parallel);
          checkRows(whole, emptyRows(whole), counted, emptyRows(whole), parallel);
        }
      }
    }
  }

  private static int[] emptyRows(SparseMatrix matrix) {
    return IntStream.range(0, (int) matrix.rows()).filter(i -> matrix.count(i) == 0).toArray();
  }

  private static void checkRows(
      SparseMatrix from, int[] numbers, Matrix matrix, int[] expected, Parallel parallel) {
    try (Arena arena = Arena.ofShared();
        SparseMatrix rows = SparseMatrix.rowsOf(from, numbers, parallel)) {
      Matrix copy = matrix.rows(expected, arena);
      try (SparseMatrix found =
          SparseMatrix.of(
              copy.withNonZeros(from.nonZeros(numbers)), new VectorKernels(), parallel)) {
        assertThat(rows.rows()).isEqualTo(numbers.length);
        assertThat(rows.bytes()).isEqualTo(found.bytes());
        assertThat(byRows(rows)).isEqualTo(byRows(found));
        assertThat(byColumns(rows)).isEqualTo(byColumns(found));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9_999, 10_001})
  void aMatrixThatChangedSinceItWasCheckedIsAnError(long counted) {
    Matrix matrix = Matrix.allocate(1_000, 100, ElementType.FLOAT64).named("A2");
    for (int k = 0; k < 10_000; k++) {
      matrix.set(k / 10, k % 10, 1);
    }
    try (Parallel parallel = new Parallel(2)) {
      assertThatIllegalStateException()
          .isThrownBy(() ->
              SparseMatrix.of(matrix.withNonZeros(counted), new VectorKernels(), parallel).close())
          .withMessage(
              "A2 has 10000 non-zeros, it had %d when it was checked: it must stay as it is",
              counted);
    }
  }
}
