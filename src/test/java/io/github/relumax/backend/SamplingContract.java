package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.random.Philox;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every backend must do of row sampling: sums against plain loops in twice float64's
 * precision; random numbers, and what is drawn with them, bit by bit as {@link Philox} says.
 */
public abstract class SamplingContract extends ContractSupport {
  /** All bits count, as a key and as a counter. */
  private static final long SEED = 0x9123_4567_89AB_CDEFL;

  private static final int STREAM = -3;

  private final Philox philox = new Philox(SEED);

  // The d x d system by products

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1, 3",
    "2, 1",
    "3, 2",
    "7, 3",
    "8, 8",
    "9, 1",
    "17, 5",
    "103, 2",
    "102, 9",
    "101, 103",
    "100, 4",
    "257, 24"
  })
  void triangularSolves(int d, int count) {
    Buffer factor = allocate(d, d);
    assertThat(backend.factor(buffer(positiveDefinite(d)), 0.5, factor)).isTrue();
    double[][] l = rows(read(factor), d);
    double[][] upper = new double[d][d];
    for (int i = 0; i < d; i++) {
      Arrays.fill(l[i], i + 1, d, 0);
      for (int j = 0; j <= i; j++) {
        upper[j][i] = l[i][j];
      }
    }
    solvesWith(l, count, (r, out) -> backend.solveForward(factor, r, out));
    solvesWith(upper, count, (r, out) -> backend.solveTransposed(factor, r, out));
  }

  /** Every row of what the solve finds, multiplied by the triangle, is that of the right side. */
  private void solvesWith(double[][] triangle, int count, BiConsumer<Buffer, Buffer> solve) {
    int d = triangle.length;
    double[][] r = matrix(count, d);
    Buffer out = buffer(matrix(count, d));
    solve.accept(buffer(r), out);
    double[][] x = rows(read(out), d);
    for (int k = 0; k < count; k++) {
      for (int i = 0; i < d; i++) {
        AccurateSum residual = new AccurateSum();
        for (int j = 0; j < d; j++) {
          residual.addProduct(triangle[i][j], x[k][j]);
        }
        residual.add(-r[k][i]);
        assertClose(residual.value(), 0, 10 * SUM * residual.magnitude());
      }
    }
    Buffer inPlace = buffer(r);
    solve.accept(inPlace, inPlace);
    assertThat(read(inPlace)).isEqualTo(read(out));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 3",
    "3, 2",
    "4, 9",
    "7, 9",
    "8, 8",
    "9, 7",
    "17, 15",
    "33, 257",
    "103, 64",
    "300, 103",
    "1031, 300",
    "5000, 3",
    "33001, 9"
  })
  void curvatureTimes(int rows, int d) {
    for (ElementType type : ElementType.values()) {
      double[][] c = matrix(rows, d);
      double[] center = normals(d);
      double[] a = normals(rows);
      a[rows / 2] = 0;
      double[] v = normals(d);
      Buffer matrix = upload(c, type);
      Buffer out = vector(normals(d));
      backend.curvatureTimes(matrix, vector(center), vector(a), vector(v), out);
      assertCurvatureTimes(read(out), stored(c, type), center, a, v);

      Buffer column = allocate(rows, 1);
      backend.write(a, column);
      Buffer inPlace = vector(v);
      backend.curvatureTimes(matrix, vector(center), column, inPlace, inPlace);
      assertThat(read(inPlace)).isEqualTo(read(out));
    }
  }

  /** What the rows have in common cancels before anything is rounded. */
  @Test
  void curvatureTimesOfRowsThatDifferLittle() {
    int rows = 1000;
    int d = 17;
    double[] center = scaled(1e8, normals(d));
    double[][] c = matrix(rows, d);
    for (double[] row : c) {
      Arrays.setAll(row, j -> center[j] + row[j]);
    }
    double[] a = normals(rows);
    double[] v = normals(d);
    Buffer out = allocate(1, d);
    backend.curvatureTimes(buffer(c), vector(center), vector(a), vector(v), out);
    assertCurvatureTimes(read(out), c, center, a, v);
  }

  private static void assertCurvatureTimes(
      double[] actual, double[][] c, double[] center, double[] a, double[] v) {
    int d = center.length;
    AccurateSum[] expected = new AccurateSum[d];
    Arrays.setAll(expected, j -> new AccurateSum());
    double[] bounds = new double[d];
    for (int i = 0; i < a.length; i++) {
      double[] row = new double[d];
      Arrays.setAll(row, difference(c[i], center));
      AccurateSum dot = AccurateSum.dot(row, v);
      for (int j = 0; j < d; j++) {
        expected[j].addProduct(a[i] * dot.value(), row[j]);
        bounds[j] += SUM * Math.abs(a[i] * row[j]) * dot.magnitude();
      }
    }
    for (int j = 0; j < d; j++) {
      assertClose(actual[j], expected[j].value(), bounds[j]);
    }
  }

  private static IntToDoubleFunction difference(double[] u, double[] v) {
    return j -> u[j] - v[j];
  }

  // Random numbers

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "1, 1, 1",
    "1, 2, 1",
    "3, 1, 7",
    "3, 7, 0",
    "7, 103, 1099511627781",
    "2, 2049, -3",
    "1, 70001, 2"
  })
  void normalsAreThoseOfPhilox(int rows, int columns, long first) {
    Buffer out = allocate(rows, columns);
    backend.normals(SEED, STREAM, first, out);
    double[] expected = new double[rows * columns];
    Arrays.setAll(expected, k -> philox.normal(STREAM, first + k));
    assertThat(read(out)).isEqualTo(expected);
  }

  // Sketch

  /** Rows, columns and buckets: fewer rows than buckets, one bucket, many times as many rows. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 3, 4",
    "3, 2, 2",
    "7, 9, 1",
    "8, 8, 8",
    "103, 7, 64",
    "777, 3, 16",
    "1000, 65, 2",
    "5000, 17, 128",
    "20000, 1, 8192",
    "40001, 2, 1",
    "70001, 1, 4096"
  })
  void countSketchIsTheSumOfItsRows(int rows, int d, int buckets) {
    for (ElementType type : ElementType.values()) {
      double[][] c = matrix(rows, d);
      double[] a = normals(rows);
      for (int i = 0; i < rows; i += 3) {
        a[i] = 0;
      }
      double[] center = normals(d);
      checkCountSketch(c, type, null, null, buckets);
      checkCountSketch(c, type, center, a, buckets);
      checkCountSketch(c, type, null, a, buckets);
      checkCountSketch(c, type, center, null, buckets);
    }
  }

  private void checkCountSketch(
      double[][] c, ElementType type, double[] center, double[] a, int buckets) {
    int d = c[0].length;
    Buffer matrix = upload(c, type);
    Buffer out = buffer(matrix(buckets, d));
    // What another primitive left in scratch memory must not matter.
    backend.multiplyTransposed(matrix, vector(normals(c.length)), allocate(1, d));
    backend.countSketch(
        SEED,
        STREAM,
        matrix,
        center == null ? null : vector(center),
        a == null ? null : vector(a),
        out);
    double[][] stored = stored(c, type);
    AccurateSum[] expected = new AccurateSum[buckets * d];
    Arrays.setAll(expected, k -> new AccurateSum());
    for (int i = 0; i < c.length; i++) {
      long turn = philox.bits(STREAM, 2L * (i / buckets));
      long odd = turn | 1;
      long shift = turn >>> 32;
      int bucket = (int) (odd * (i % buckets) + shift & buckets - 1);
      boolean minus = (philox.bits(STREAM, 2L * (i / 64) + 1) >>> i % 64 & 1) == 1;
      double scale = (minus ? -1 : 1) * (a == null ? 1 : Math.sqrt(Math.abs(a[i])));
      for (int j = 0; j < d; j++) {
        double entry = stored[i][j] - (center == null ? 0 : center[j]);
        expected[bucket * d + j].addProduct(scale, entry);
      }
    }
    double[] actual = read(out);
    for (int k = 0; k < actual.length; k++) {
      assertClose(actual[k], expected[k]);
    }
  }

  /** Buckets that a test may ask for: 2²⁵ where that takes no minutes. */
  protected int mostBuckets() {
    return 1 << 13;
  }

  /** Most of them empty. */
  @Test
  void aSketchMayHaveManyMoreBucketsThanRows() {
    int buckets = mostBuckets();
    double[] values = normals(1000);
    double[] expected = new double[buckets];
    long turn = philox.bits(STREAM, 0);
    for (int i = 0; i < values.length; i++) {
      int bucket = (int) ((turn | 1) * i + (turn >>> 32) & buckets - 1);
      boolean minus = (philox.bits(STREAM, 2L * (i / 64) + 1) >>> i % 64 & 1) == 1;
      expected[bucket] = minus ? -values[i] : values[i];
    }
    Buffer c = allocate(values.length, 1);
    backend.write(values, c);
    Buffer out = allocate(buckets, 1);
    backend.countSketch(SEED, STREAM, c, null, null, out);
    assertThat(read(out)).isEqualTo(expected);
  }

  // Scores

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 3",
    "3, 2",
    "8, 7",
    "1, 9",
    "5, 103",
    "8, 511",
    "9, 512",
    "2, 513",
    "100, 2001",
    "1, 70001",
    "3, 70001"
  })
  void rowScoresAreSquaredNormsOfProjectedRows(int count, int rows) {
    double[][] y = matrix(count, rows);
    double[] shift = normals(count);
    double[] a = normals(rows);
    double[] before = squares(rows);
    a[rows - 1] = rows > 1 ? 0 : a[0];
    for (double[] weights : new double[][] {null, a}) {
      Buffer as = weights == null ? null : vector(weights);
      Buffer made = vector(filled(rows, Double.NaN));
      double total = backend.rowScores(buffer(y), vector(shift), as, 0, made);
      assertScores(total, read(made), y, shift, weights, new double[rows]);
      Buffer kept = vector(before);
      total = backend.rowScores(buffer(y), vector(shift), as, 1, kept);
      assertScores(total, read(kept), y, shift, weights, before);
    }
  }

  private static void assertScores(
      double total, double[] scores, double[][] y, double[] shift, double[] a, double[] before) {
    AccurateSum sum = new AccurateSum();
    for (int i = 0; i < scores.length; i++) {
      double weight = a == null ? 1 : Math.max(a[i], 0);
      AccurateSum score = new AccurateSum();
      score.add(before[i]);
      for (int k = 0; k < y.length; k++) {
        double v = y[k][i] - shift[k];
        score.addProduct(weight * v, v);
      }
      assertClose(scores[i], score);
      sum.add(scores[i]);
    }
    assertClose(total, sum);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9, 103, LONG})
  void aScoreThatIsNoNumberIsSeenInTheTotal(int rows) {
    double[][] y = matrix(2, rows);
    y[1][rows / 2] = Double.NaN;
    Buffer shift = vector(1, 2);
    Buffer scores = allocate(1, rows);
    assertThat(backend.rowScores(buffer(y), shift, null, 0, scores)).isNaN();
    y[1][rows / 2] = 0;
    double[] a = squares(rows);
    a[rows - 1] = Double.NaN;
    assertThat(backend.rowScores(buffer(y), shift, vector(a), 0, scores)).isNaN();
  }

  // Samples

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 31, 32, 33, 63, 64, 65, 103, 1000, LONG})
  void rowsAreDrawnWithTheProbabilityOfTheirScores(int rows) {
    double[] scores = scores(rows);
    double total = Arrays.stream(scores).sum();
    for (double size : new double[] {0.1, 0.3 * rows, 2.0 * rows}) {
      int[] expected = sample(scores, total, size);
      try (Units list = backend.units(rows)) {
        backend.sampleRows(SEED, STREAM, vector(scores), total, size, list);
        assertThat(indices(list, rows)).isEqualTo(expected);
        // Scale does not matter, to the bit.
        backend.sampleRows(
            SEED, STREAM, vector(scaled(0x1p-700, scores)), 0x1p-700 * total, size, list);
        assertThat(indices(list, rows)).isEqualTo(expected);
        backend.sampleRows(SEED, STREAM + 1, vector(scores), total, 2.0 * rows, list);
        assertThat(indices(list, rows)).isNotEqualTo(rows > 31 ? expected : null);
      }
    }
  }

  /** The rows that plain draws choose. */
  private int[] sample(double[] scores, double total, double size) {
    return IntStream.range(0, scores.length)
        .filter(i -> philox.uniform(STREAM, i) < Math.min(1, size * scores[i] / total))
        .toArray();
  }

  /** A few large ones, many small ones, and every fifth is 0. */
  private double[] scores(int size) {
    double[] scores = Arrays.stream(normals(size)).map(v -> Math.pow(v, 6)).toArray();
    for (int i = 1; i < size; i += 5) {
      scores[i] = 0;
    }
    return scores;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 65, 103, 1000})
  void scoresThatAreNotAboveZeroAreNeverDrawnAndCertainOnesAlways(int rows) {
    double[] scores = new double[rows];
    Arrays.setAll(scores, i -> i % 3 == 0 ? 1e-300 : i % 3 == 1 ? 0 : -1);
    int[] third = IntStream.range(0, rows).filter(i -> i % 3 == 0).toArray();
    try (Units list = backend.units(rows)) {
      backend.sampleRows(SEED, STREAM, vector(scores), 1e-300, 1, list);
      assertThat(indices(list, rows)).isEqualTo(third);
      backend.sampleRows(SEED, STREAM, vector(scores), 1e-300, 0, list);
      assertThat(list.count()).isZero();
      for (double total : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1}) {
        backend.sampleRows(SEED, STREAM, vector(Arrays.copyOf(scores, 1)), total, 1, list);
        assertThat(list.count()).isZero();
      }
      backend.sampleRows(SEED, STREAM, allocate(1, rows), 0, 1, list);
      assertThat(list.count()).isZero();
      scores[0] = Double.NaN;
      backend.sampleRows(SEED, STREAM, vector(scores), 1e-300, 1, list);
      assertThat(indices(list, rows)).isEqualTo(Arrays.copyOfRange(third, 1, third.length));
    }
  }

  /** A probability that is the uniform number itself does not draw, the next above it does. */
  @Test
  void aRowIsDrawnWhereItsUniformNumberIsLess() {
    int rows = 1000;
    double[] scores = new double[rows];
    Arrays.setAll(scores, i -> philox.uniform(STREAM, i));
    for (int i = 1; i < rows; i += 3) {
      scores[i] = Math.nextUp(scores[i]);
    }
    try (Units list = backend.units(rows)) {
      backend.sampleRows(SEED, STREAM, vector(scores), 1, 1, list);
      assertThat(indices(list, rows))
          .isEqualTo(IntStream.range(0, rows).filter(i -> i % 3 == 1).toArray());
    }
  }

  @Test
  void moreRowsThanTheListHasRoomForAreRefused() {
    Buffer scores = vector(filled(1000, 1));
    try (Units list = backend.units(103);
        Units enough = backend.units(1000)) {
      backend.sampleRows(SEED, STREAM, scores, 1000, 50, list);
      assertThat(list.count()).isBetween(20, 103);
      assertThatThrownBy(() -> backend.sampleRows(SEED, STREAM, scores, 1, 1, list))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("103")
          .hasMessageContaining("1000");
      assertThat(list.count()).isZero();
      backend.sampleRows(SEED, STREAM, scores, 1, 1, enough);
      assertThat(enough.count()).isEqualTo(1000);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 65, 103, 1000, LONG})
  void weightsMakeUpForTheProbabilities(int rows) {
    double[] scores = scores(rows);
    double total = Arrays.stream(scores).sum();
    double size = 0.3 * rows;
    double[] a = normals(rows);
    double[] expected =
        Arrays.stream(sample(scores, total, size))
            .mapToDouble(i -> a[i] / Math.min(1, size * scores[i] / total))
            .toArray();
    try (Units list = backend.units(rows)) {
      backend.sampleRows(SEED, STREAM, vector(scores), total, size, list);
      int count = list.count();
      for (int first : new int[] {0, count / 2, count}) {
        Buffer out = allocate(count + 1L, 1);
        backend.write(filled(count + 1, 7), out);
        backend.sampleWeights(
            list, first, vector(scores), total, size, vector(a), out.rows(0, count - first));
        double[] made = filled(count + 1, 7);
        System.arraycopy(expected, first, made, 0, count - first);
        assertThat(read(out)).isEqualTo(made);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 3",
    "3, 2",
    "33, 7",
    "64, 8",
    "103, 9",
    "300, 103",
    "1000, 257",
    "9001, 5"
  })
  void gatheredRowsAreThoseOfTheList(int rows, int d) {
    double[] scores = scores(rows);
    double total = Arrays.stream(scores).sum();
    int[] expected = sample(scores, total, 0.4 * rows);
    int count = expected.length;
    try (Units list = backend.units(rows)) {
      backend.sampleRows(SEED, STREAM, vector(scores), total, 0.4 * rows, list);
      assertThat(list.count()).isEqualTo(count);
      for (ElementType type : ElementType.values()) {
        double[][] a = matrix(rows, d);
        double[][] stored = stored(a, type);
        Buffer matrix = upload(a, type);
        for (int first : new int[] {0, count / 3, count}) {
          double[][] before = matrix(count + 1, d);
          Buffer out = buffer(before);
          backend.gatherRows(matrix, list, first, out.rows(0, count - first));
          for (int j = 0; j < count - first; j++) {
            before[j] = stored[expected[first + j]];
          }
          assertThat(read(out)).isEqualTo(flat(before));
        }
      }
    }
  }

  /** The entries of a list, as rows of a column that counts. */
  private int[] indices(Units list, int rows) {
    double[][] column = new double[rows][];
    Arrays.setAll(column, i -> new double[] {i});
    Buffer out = allocate(list.count() + 1L, 1);
    backend.gatherRows(upload(column, ElementType.FLOAT64), list, 0, out.rows(0, list.count()));
    return Arrays.stream(read(out)).mapToInt(v -> (int) v).limit(list.count()).toArray();
  }

  @Test
  void samplingShapesThatDoNotFitAreRefused() {
    Buffer a = upload(matrix(4, 3), ElementType.FLOAT64);
    Buffer square = buffer(positiveDefinite(3));
    Buffer two = allocate(1, 2);
    Buffer three = allocate(1, 3);
    Buffer four = allocate(1, 4);
    refused(() -> backend.solveForward(square, two, two));
    refused(() -> backend.solveForward(square, three, a));
    refused(() -> backend.solveForward(a, three, three));
    refused(() -> backend.solveTransposed(square, two, two));
    refused(() -> backend.solveTransposed(square, three, a));
    refused(() -> backend.solveTransposed(a, three, three));
    refused(() -> backend.curvatureTimes(a, two, four, three, three));
    refused(() -> backend.curvatureTimes(a, three, three, three, three));
    refused(() -> backend.curvatureTimes(a, three, four, two, three));
    refused(() -> backend.curvatureTimes(a, three, four, three, two));
    refused(() -> backend.countSketch(1, 0, a, null, null, four));
    refused(() -> backend.countSketch(1, 0, a, null, null, square));
    refused(() -> backend.countSketch(1, 0, a, two, null, three));
    refused(() -> backend.countSketch(1, 0, a, null, three, three));
    refused(() -> backend.rowScores(square, two, null, 0, three));
    refused(() -> backend.rowScores(square, three, two, 0, three));
    refused(() -> backend.rowScores(square, three, null, 0, two));
    refused(() -> backend.rowScores(square, three, null, 0.5, three));
    try (Units list = backend.units(4)) {
      backend.sampleRows(SEED, STREAM, vector(1, 0, 1, 1), 1, 1, list);
      assertThat(list.count()).isEqualTo(3);
      refused(() -> backend.sampleWeights(list, 0, four, 1, 1, four, four));
      refused(() -> backend.sampleWeights(list, 2, four, 1, 1, four, two));
      refused(() -> backend.sampleWeights(list, -1, four, 1, 1, four, two));
      refused(() -> backend.sampleWeights(list, 1L << 32, four, 1, 1, four, two));
      refused(() -> backend.sampleWeights(list, 0, three, 1, 1, four, two));
      refused(() -> backend.sampleWeights(list, 0, four, 1, 1, three, two));
      refused(() -> backend.gatherRows(a, list, 0, two));
      refused(() -> backend.gatherRows(a, list, 1, square));
      refused(() -> backend.gatherRows(a, list, Long.MAX_VALUE, square));
      refused(() -> backend.gatherRows(square, list, 0, three));
    }
  }
}
