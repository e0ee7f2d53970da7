package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole contract through a meter, and what it counts against numbers worked out by hand. */
final class MeteredBackendTest extends BackendContract {
  /** What a backend has besides: nothing that takes time in a solve. */
  private static final List<String> NO_PRIMITIVES =
      List.of(
          "flopsPerByte",
          "reserveGram",
          "description",
          "memory",
          "workspaceBytes",
          "compressedBytes",
          "transposedBytes",
          "singleThreads",
          "units",
          "finish",
          "close");

  private final MeteredBackend metered = new MeteredBackend(CpuBackends.VECTOR_2.open());
  private final List<Buffer> buffers = new ArrayList<>();

  @Override
  protected Backend open() {
    return metered;
  }

  @AfterEach
  void closeBuffers() {
    buffers.forEach(Buffer::close);
  }

  @Test
  void memory() {
    assertWork(Primitive.ALLOCATE, 0, 5768, () -> zeros(103, 7));
    Buffer u = zeros(1, 103);
    Buffer v = zeros(1, 103);
    assertWork(Primitive.WRITE, 0, 1648, () -> metered.write(new double[103], u));
    assertWork(Primitive.READ, 0, 1648, () -> metered.read(u, new double[103]));
    assertWork(Primitive.COPY, 0, 1648, () -> metered.copy(u, v));
    assertWork(Primitive.UPLOAD, 0, 0, () -> float32(103, 7));
    Matrix rows = Matrix.of(2, 1, new double[2]).rows(new int[1], Arena.ofAuto());
    assertWork(Primitive.UPLOAD_ROWS, 0, 0, () -> metered.uploadRows(rows, u));
    Buffer stored = float32(103, 7);
    assertWork(Primitive.READ, 0, 8652, () -> metered.read(stored, new double[721]));
  }

  @Test
  void vectors() {
    Buffer u = zeros(1, 103);
    Buffer v = zeros(1, 103);
    assertWork(Primitive.DOT, 206, 1648, () -> metered.dot(u, v));
    assertWork(Primitive.DOT, 206, 824, () -> metered.dot(u, u));
    assertWork(Primitive.COMBINE, 309, 2472, () -> metered.combine(1, u, 2, v, v));
    Buffer x = zeros(1, 7);
    Buffer trials = zeros(3, 7);
    assertWork(Primitive.STEPS, 42, 280, () -> metered.steps(x, x.row(0), new double[3], trials));
  }

  @Test
  void products() {
    Buffer x = zeros(3, 7);
    Buffer y = zeros(3, 103);
    Buffer a = zeros(103, 7);
    assertWork(Primitive.MULTIPLY, 4326, 8408, () -> metered.multiply(a, x, y));
    Buffer stored = float32(103, 7);
    assertWork(Primitive.MULTIPLY, 4326, 5524, () -> metered.multiply(stored, x, y));
    Buffer v = zeros(1, 103);
    Buffer w = zeros(1, 7);
    assertWork(
        Primitive.MULTIPLY_TRANSPOSED, 1442, 6648, () -> metered.multiplyTransposed(a, v, w));
    assertWork(
        Primitive.MULTIPLY_TRANSPOSED, 4326, 8408, () -> metered.multiplyTransposed(a, y, x));
  }

  /** Calls on its threads are calls on it, whichever tallies are added to. */
  @Test
  void threads() throws InterruptedException {
    Map<Primitive, Tally> tallies = new EnumMap<>(Primitive.class);
    List<Backend> threads = metered.singleThreads();
    assertThat(threads).hasSize(2);
    metered.countInto(tallies);
    Buffer u = zeros(1, 103);
    List<Thread> running =
        threads.stream()
            .map(backend ->
                Thread.ofPlatform()
                    .start(() -> {
                      for (int k = 0; k < 5000; k++) {
                        backend.dot(u, u);
                      }
                    }))
            .toList();
    for (Thread thread : running) {
      thread.join();
    }
    threads.forEach(Backend::close);
    assertThat(tallies.get(Primitive.DOT).calls()).isEqualTo(10_000);
    assertThat(tallies.get(Primitive.DOT).work()).isEqualTo(new Work(2_060_000, 8_240_000));
  }

  /** Two of seven columns touch 1 - (5/7)⁸ of 5768 bytes, in float32 1 - (5/7)¹⁶ of 2884. */
  @Test
  void columns() {
    Buffer a2 = zeros(103, 7);
    Buffer a1 = zeros(7, 5);
    Buffer c = zeros(103, 5);
    try (Units two = units(0, 1, 0, 0, 1, 0, 0);
        Units all = units(1, 1, 1, 1, 1, 1, 1);
        Units none = units(0, 0, 0, 0, 0, 0, 0)) {
      assertWork(Primitive.ACCUMULATE_NEW, 2060, 9577, () -> metered.accumulate(a2, two, a1, 0, c));
      assertWork(
          Primitive.ACCUMULATE_NEW, 7210, 10168, () -> metered.accumulate(a2, all, a1, 0, c));
      assertWork(Primitive.ACCUMULATE_NEW, 0, 4120, () -> metered.accumulate(a2, none, a1, 0, c));
      assertWork(
          Primitive.ACCUMULATE_MORE, 2060, 13697, () -> metered.accumulate(a2, two, a1, 1, c));
      assertWork(Primitive.ACCUMULATE_MORE, 0, 0, () -> metered.accumulate(a2, none, a1, 1, c));
      Buffer x = zeros(3, 7);
      Buffer y = zeros(3, 103);
      assertWork(Primitive.ADD_COLUMNS, 1236, 10369, () -> metered.addColumns(a2, two, x, 1, y));
      assertWork(Primitive.ADD_COLUMNS, 0, 0, () -> metered.addColumns(a2, none, x, 1, y));
      assertWork(Primitive.ADD_COLUMNS, 1236, 7897, () -> metered.addColumns(a2, two, x, 0, y));
      assertWork(Primitive.ADD_COLUMNS, 0, 2472, () -> metered.addColumns(a2, none, x, 0, y));
      Buffer stored = float32(103, 7);
      assertWork(Primitive.ADD_COLUMNS, 1236, 7863, () -> metered.addColumns(stored, two, x, 1, y));
    }
  }

  /** One column of many touches a line of 64 bytes in each row, but for a chance of sharing it. */
  @Test
  void aSingleColumnIsACacheLineARow() {
    double[] one = new double[1000];
    one[317] = 1;
    try (Units single = units(one)) {
      Work work =
          Work.addColumns(zeros(300, 1000), single.count(), zeros(1, 1000), 1, zeros(1, 300));
      assertThat(work.bytes() - 8 - 16 * 300).isBetween(63 * 300L, 64 * 300L);
    }
  }

  @Test
  void hiddenUnits() {
    Buffer z1 = zeros(1, 7);
    Buffer v = zeros(1, 7);
    Buffer trials = zeros(3, 7);
    Buffer h = zeros(3, 7);
    assertWork(Primitive.RELU, 21, 336, () -> metered.relu(trials, h));
    assertWork(Primitive.MASK, 7, 168, () -> metered.mask(z1, v, v));
    assertWork(Primitive.SETTLE, 14, 112, () -> metered.settle(z1, v, 1));
    try (Units units = metered.units(7)) {
      assertWork(Primitive.ACTIVE_UNITS, 7, 56, () -> metered.activeUnits(z1, units));
      assertWork(Primitive.FLIPPED_UNITS, 14, 112, () -> metered.flippedUnits(z1, v, units));
      assertWork(
          Primitive.FLIP_CORRECTIONS, 28, 392, () -> metered.flipCorrections(z1, trials, h, units));
    }
  }

  @Test
  void softmax() {
    Buffer z = zeros(1, 103);
    Buffer b = zeros(1, 103);
    Buffer w2 = zeros(1, 103);
    Buffer f = zeros(1, 103);
    Buffer gz = zeros(1, 103);
    assertWork(Primitive.SOFTMAX, 1648, 3296, () -> metered.softmax(z, b, null, f, gz));
    assertWork(Primitive.SOFTMAX, 2060, 4120, () -> metered.softmax(z, b, w2, f, gz));
    Buffer zs = zeros(3, 103);
    double[] sums = new double[3];
    assertWork(Primitive.LOSSES, 2472, 3296, () -> metered.losses(zs, b, null, sums, sums));
    assertWork(Primitive.LOSSES, 3399, 4120, () -> metered.losses(zs, b, w2, sums, sums));
    assertWork(
        Primitive.CURVATURE_WEIGHTS,
        103,
        1648,
        () -> metered.curvatureWeights(CurvatureForm.GAUSS_NEWTON, f, b, 0, z));
    assertWork(
        Primitive.CURVATURE_WEIGHTS,
        412,
        2472,
        () -> metered.curvatureWeights(CurvatureForm.EXACT, f, b, 0, z));
    assertWork(
        Primitive.APPLY_CURVATURE, 721, 3296, () -> metered.applyCurvature(z, f, null, gz, gz));
    assertWork(
        Primitive.APPLY_CURVATURE, 927, 4120, () -> metered.applyCurvature(z, f, w2, gz, gz));
  }

  @Test
  void theSmallSystem() {
    Buffer c = zeros(103, 5);
    Buffer a = zeros(1, 103);
    Buffer v = zeros(1, 5);
    Buffer h = zeros(5, 5);
    Buffer l = zeros(5, 5);
    assertWork(Primitive.GRAM, 3090, 5184, () -> metered.gram(c, v, a, 0, h));
    assertWork(Primitive.RANK_TWO, 100, 480, () -> metered.rankTwo(h, v, v, 1));
    assertWork(Primitive.SCALE, 10, 40, () -> metered.scale(h));
    assertWork(Primitive.FACTOR, 0, 0, () -> assertThat(metered.factor(h, -1, l)).isFalse());
    assertWork(Primitive.FACTOR, 55, 240, () -> assertThat(metered.factor(h, 1, l)).isTrue());
    assertWork(Primitive.SOLVE, 50, 200, () -> metered.solve(l, v, v));
    Buffer right = zeros(7, 5);
    assertWork(Primitive.SOLVE, 350, 680, () -> metered.solve(l, right, right));
  }

  @Test
  void rowSampling() {
    Buffer c = zeros(103, 5);
    Buffer stored = float32(103, 5);
    Buffer a = zeros(1, 103);
    Buffer center = zeros(1, 5);
    Buffer l = zeros(5, 5);
    Buffer g = zeros(3, 5);
    assertWork(Primitive.SOLVE_FORWARD, 75, 360, () -> metered.solveForward(l, g, g));
    assertWork(Primitive.SOLVE_TRANSPOSED, 75, 360, () -> metered.solveTransposed(l, g, g));
    assertWork(
        Primitive.CURVATURE_TIMES,
        2060,
        5064,
        () -> metered.curvatureTimes(c, center, a, center, center));
    assertWork(Primitive.NORMALS, 562, 120, () -> metered.normals(1, 0, 0, g));
    Buffer sketch = zeros(8, 5);
    assertWork(
        Primitive.COUNT_SKETCH, 1545, 5304, () -> metered.countSketch(1, 0, c, center, a, sketch));
    assertWork(
        Primitive.COUNT_SKETCH,
        1030,
        2380,
        () -> metered.countSketch(1, 0, stored, null, null, sketch));
    Buffer y = zeros(3, 103);
    Buffer shift = zeros(1, 3);
    Buffer scores = zeros(1, 103);
    assertWork(Primitive.ROW_SCORES, 1236, 4144, () -> metered.rowScores(y, shift, a, 0, scores));
    assertWork(
        Primitive.ROW_SCORES, 1133, 4144, () -> metered.rowScores(y, shift, null, 1, scores));
    double[] ones = new double[103];
    Arrays.fill(ones, 1);
    metered.write(ones, scores);
    try (Units all = metered.units(103)) {
      assertWork(
          Primitive.SAMPLE_ROWS, 618, 824, () -> metered.sampleRows(1, 0, scores, 1, 1, all));
      // Two of 103 entries touch 1 - (101/103)⁸ of 824 bytes, twice.
      Buffer two = zeros(1, 2);
      assertWork(
          Primitive.SAMPLE_WEIGHTS,
          8,
          256,
          () -> metered.sampleWeights(all, 0, scores, 1, 1, a, two));
      assertWork(Primitive.GATHER_ROWS, 0, 240, () -> metered.gatherRows(c, all, 1, g));
      assertWork(Primitive.GATHER_ROWS, 0, 180, () -> metered.gatherRows(stored, all, 1, g));
    }
  }

  @Test
  void callsAddUpWhereTheyAreToBeCounted() {
    Map<Primitive, Tally> first = new EnumMap<>(Primitive.class);
    Map<Primitive, Tally> second = new EnumMap<>(Primitive.class);
    Buffer u = zeros(1, 103);
    metered.countInto(first);
    metered.dot(u, u);
    metered.dot(u, u);
    metered.scale(u);
    metered.countInto(second);
    metered.dot(u, u);
    assertThat(first).containsOnlyKeys(Primitive.DOT, Primitive.SCALE);
    assertThat(first.get(Primitive.DOT).calls()).isEqualTo(2);
    assertThat(first.get(Primitive.DOT).work()).isEqualTo(new Work(412, 1648));
    assertThat(first.get(Primitive.DOT).seconds()).isPositive();
    assertThat(second).containsOnlyKeys(Primitive.DOT);
    assertThat(second.get(Primitive.DOT).calls()).isEqualTo(1);
  }

  @Test
  void whatIsRefusedIsNotCounted() {
    Map<Primitive, Tally> tallies = new EnumMap<>(Primitive.class);
    metered.countInto(tallies);
    Buffer u = zeros(1, 103);
    Buffer v = zeros(1, 102);
    assertThatThrownBy(() -> metered.dot(u, v)).isInstanceOf(IllegalArgumentException.class);
    assertThat(tallies).containsOnlyKeys(Primitive.ALLOCATE);
  }

  /** A primitive that is added to the interface has figures of its own. */
  @Test
  void everyPrimitiveHasItsName() {
    List<String> methods =
        Arrays.stream(Backend.class.getDeclaredMethods())
            .filter(method -> !method.isSynthetic())
            .map(Method::getName)
            .filter(name -> !NO_PRIMITIVES.contains(name))
            .distinct()
            .flatMap(name ->
                name.equals("accumulate")
                    ? Stream.of("accumulateNew", "accumulateMore")
                    : Stream.of(name))
            .toList();
    assertThat(Primitive.values())
        .extracting(Primitive::toString)
        .containsExactlyInAnyOrderElementsOf(methods);
  }

  private void assertWork(Primitive primitive, long flops, long bytes, Runnable call) {
    Map<Primitive, Tally> tallies = new EnumMap<>(Primitive.class);
    metered.countInto(tallies);
    call.run();
    assertThat(tallies).containsOnlyKeys(primitive);
    assertThat(tallies.get(primitive).calls()).isEqualTo(1);
    assertThat(tallies.get(primitive).work()).isEqualTo(new Work(flops, bytes));
  }

  /** Twelve of 721 entries, 12 bytes each, and 8 for each of 104 beginnings of rows. */
  @Test
  void nonZerosWhereOnlyTheseAreKept() {
    Matrix matrix = Matrix.allocate(103, 7, ElementType.FLOAT32);
    for (int i = 0; i < 12; i++) {
      matrix.set(8L * i, i % 7, 1);
    }
    Buffer a = metered.upload(matrix.withNonZeros(12));
    buffers.add(a);
    Buffer x = zeros(3, 7);
    Buffer y = zeros(3, 103);
    Buffer a1 = zeros(7, 5);
    Buffer c = zeros(103, 5);
    assertWork(Primitive.MULTIPLY, 72, 3616, () -> metered.multiply(a, x, y));
    assertWork(
        Primitive.MULTIPLY_TRANSPOSED,
        24,
        1856,
        () -> metered.multiplyTransposed(a, y.row(0), x.row(0)));
    try (Units two = units(0, 1, 0, 0, 1, 0, 0)) {
      assertWork(Primitive.ADD_COLUMNS, 20, 5271, () -> metered.addColumns(a, two, x, 1, y));
      assertWork(Primitive.ACCUMULATE_NEW, 34, 4479, () -> metered.accumulate(a, two, a1, 0, c));
      // Two columns have 3 and 3/7 of the twelve: three, and 279 of 976 bytes.
      assertWork(
          Primitive.MULTIPLY_TRANSPOSED,
          6,
          1119,
          () -> metered.multiplyTransposed(a, two, y.row(0), x.row(0)));
      Buffer h = zeros(5, 5);
      Buffer center = zeros(1, 5);
      Buffer weights = zeros(103, 1);
      // No pairs, as rows have 3/103 entries; 2 x 4 x 5, and 2 x 5 x 6.
      assertWork(
          Primitive.GRAM_OF_UNITS,
          100,
          1423,
          () -> metered.gramOfUnits(a, two, a1, center, weights, h));
    }
  }

  private Buffer zeros(long rows, long columns) {
    Buffer buffer = metered.allocate(rows, columns);
    buffers.add(buffer);
    return buffer;
  }

  private Buffer float32(long rows, long columns) {
    return metered.upload(Matrix.allocate(rows, columns, ElementType.FLOAT32));
  }

  /** The units whose value is positive. */
  private Units units(double... z1) {
    Units units = metered.units(z1.length);
    Buffer values = zeros(1, z1.length);
    metered.write(z1, values);
    metered.activeUnits(values, units);
    return units;
  }
}
