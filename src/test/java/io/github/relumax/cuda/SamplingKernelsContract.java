package io.github.relumax.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.random.Philox;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import jcuda.driver.CUmodule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels of random numbers and row sampling: random numbers, and what is drawn with them, bit
 * by bit as {@link Philox} says; sums against plain loops in twice float64's precision.
 */
abstract class SamplingKernelsContract {
  /** All bits count, as a key and as a counter. */
  private static final long SEED = 0x9123_4567_89AB_CDEFL;

  private static final int STREAM = -3;

  /** Rounding allowed in a sum, relative to the sum of the absolute values of its terms. */
  private static final double SUM = 1e-13;

  private final List<Long> taken = new ArrayList<>();
  private final Philox philox = new Philox(SEED);
  private final Random random = new Random(20230816);
  private CudaContext gpu;
  private Nvrtc compiler;

  @BeforeEach
  void openDevice() {
    CudaLibraries libraries = CudaLibraries.get();
    compiler = new Nvrtc(libraries.nvrtc().orElseThrow());
    gpu = new CudaContext(libraries, CudaDevice.all().getFirst());
  }

  @AfterEach
  void closeDevice() {
    taken.forEach(gpu::free);
    gpu.close();
  }

  // Random numbers

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1", "3, 7", "33, 0", "1000, 1099511627781", "2049, 2"})
  void uniformsAreThoseOfPhilox(int size, long begin) {
    long out = room(size);
    along("uniforms", size, SEED, STREAM, begin, (long) size, out);
    double[] expected = new double[size];
    Arrays.setAll(expected, k -> philox.uniform(STREAM, begin + k));
    assertThat(read(out, size)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 1", "2, 0", "2, 1", "3, 7", "1000, 1099511627781", "70001, 0"})
  void normalsAreThoseOfPhilox(int size, long begin) {
    long out = room(size);
    along("normals", size, SEED, STREAM, begin, (long) size, out);
    double[] expected = new double[size];
    philox.normals(STREAM, begin, expected);
    assertThat(read(out, size)).isEqualTo(expected);
  }

  // Sketch

  /** Against the definition in countSketch.cu, row by row. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, false, false",
    "2, 3, 4, true, false",
    "777, 3, 16, true, true",
    "1000, 64, 2, false, true",
    "5000, 100, 128, true, true",
    "20000, 1, 8192, false, false"
  })
  void countSketchIsTheSumOfItsRows(
      int rows, int d, int buckets, boolean centered, boolean scaled) {
    double[] c = normals(rows * d);
    double[] center = normals(d);
    double[] a = normals(rows);
    long out = room(buckets * d);
    launch(
        "countSketch",
        Math.ceilDiv(d, 64),
        Math.min(buckets, Grids.MOST_ROWS),
        SEED,
        STREAM,
        upload(c),
        (long) rows,
        (long) d,
        centered ? upload(center) : 0L,
        scaled ? upload(a) : 0L,
        (long) buckets,
        out);
    AccurateSum[] expected = sums(buckets * d);
    for (int i = 0; i < rows; i++) {
      long turn = philox.bits(STREAM, 2L * (i / buckets));
      long odd = turn | 1;
      long shift = turn >>> 32;
      int bucket = (int) (odd * (i % buckets) + shift & buckets - 1);
      boolean minus = (philox.bits(STREAM, 2L * (i / 64) + 1) >>> i % 64 & 1) == 1;
      double scale = (minus ? -1 : 1) * (scaled ? Math.sqrt(Math.abs(a[i])) : 1);
      for (int j = 0; j < d; j++) {
        expected[bucket * d + j].addProduct(scale, c[i * d + j] - (centered ? center[j] : 0));
      }
    }
    assertClose(read(out, buckets * d), expected);
  }

  // Scores

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 3, 1", "7, 9, 5", "103, 257, 7", "300, 104, 8", "2001, 2, 2"})
  void scoresAreSquaredNormsOfProjectedRows(int rows, int d, int count) {
    double[] c = normals(rows * d);
    double[] g = normals(count * d);
    double[] shift = normals(count);
    double[] a = Arrays.stream(normals(rows)).map(Math::abs).toArray();
    double[] products = new double[count * rows];
    double[] expected = new double[rows];
    double[] magnitude = new double[rows];
    for (int i = 0; i < rows; i++) {
      double[] row = Arrays.copyOfRange(c, i * d, (i + 1) * d);
      for (int k = 0; k < count; k++) {
        AccurateSum dot = AccurateSum.dot(row, Arrays.copyOfRange(g, k * d, (k + 1) * d));
        products[k * rows + i] = dot.value();
        dot.add(-shift[k]);
        expected[i] += a[i] * Math.pow(dot.value(), 2);
        magnitude[i] += a[i] * Math.pow(dot.magnitude(), 2);
      }
    }

    long scores = room(rows);
    long shifts = upload(shift);
    long weights = upload(a);
    int lanes = Grids.rowLanes(d, 8);
    for (int keep = 0; keep < 2; keep++) {
      launch(
          "leverageScores",
          Grids.product(rows, lanes),
          1,
          upload(c),
          (long) rows,
          (long) d,
          lanes,
          upload(g),
          count,
          shifts,
          weights,
          keep,
          scores);
      double[] actual = read(scores, rows);
      for (int i = 0; i < rows; i++) {
        assertThat(actual[i]).isCloseTo((1 + keep) * expected[i], within(SUM * magnitude[i]));
      }
    }
    long y = upload(products);
    for (int keep = 0; keep < 2; keep++) {
      along(
          "productScores", rows, y, (long) rows, (long) rows, count, shifts, weights, keep, scores);
      double[] actual = read(scores, rows);
      for (int i = 0; i < rows; i++) {
        assertThat(actual[i]).isCloseTo((1 + keep) * expected[i], within(SUM * magnitude[i]));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "9, 31", "33, 103", "1000, 3"})
  void rowSquaresAreSquaredNorms(int rows, int d) {
    double[] x = normals(rows * d);
    long out = room(rows);
    launch("rowSquares", Grids.warps(rows), 1, upload(x), (long) rows, (long) d, out);
    AccurateSum[] expected = sums(rows);
    for (int i = 0; i < rows * d; i++) {
      expected[i / d].addProduct(x[i], x[i]);
    }
    assertClose(read(out, rows), expected);
  }

  // Sample

  /** The same rows as a loop with Philox draws, however the rows are split. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 33, 1000, 70_001})
  void sampledRowsAreThoseThatPhiloxDraws(int rows) {
    double[] scores = Arrays.stream(normals(rows)).map(v -> Math.pow(v, 6)).toArray();
    double[] total = {Arrays.stream(scores).sum()};
    double size = Math.min(rows, 300);
    double[] expectedScales = new double[rows];
    List<Long> expected = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      double p = Math.min(1, size * scores[i] / total[0]);
      if (philox.uniform(STREAM, i) < p) {
        expectedScales[expected.size()] = 1 / Math.sqrt(p);
        expected.add((long) i);
      }
    }
    long all = upload(total);
    long from = upload(scores);
    Sample sample = sample(from, all, size, 0, rows);
    assertThat(sample.rows).isEqualTo(expected);
    if (!expected.isEmpty()) {
      long count = expected.size();
      long scales = room(expected.size());
      along("sampleScales", count, sample.index, count, from, all, size, scales);
      assertThat(read(scales, expected.size()))
          .isEqualTo(Arrays.copyOf(expectedScales, expected.size()));
    }
    if (rows > 1) {
      int half = rows / 2;
      List<Long> parts = new ArrayList<>(sample(from, all, size, 0, half).rows);
      sample(from, all, size, half, rows - half).rows.forEach(i -> parts.add(half + i));
      assertThat(parts).isEqualTo(expected);
    }
  }

  private record Sample(long index, List<Long> rows) {}

  /** Rows first .. first + count - 1, numbered from first. */
  private Sample sample(long scores, long total, double size, long first, int count) {
    long words = room(Math.ceilDiv(count, 64));
    long counts = room(Grids.along(count));
    long index = room(count);
    long length = room(1);
    along(
        "sampleRows",
        count,
        SEED,
        STREAM,
        first,
        scores + 8 * first,
        total,
        size,
        (long) count,
        words,
        counts);
    along("compact", count, words, 0L, (long) count, counts, index, 0L, length);
    int found = (int) readLongs(length, 1)[0];
    return new Sample(index, LongStream.of(readLongs(index, found)).boxed().toList());
  }

  /** Rows of C as they enter a sampled Gram matrix. */
  @ParameterizedTest
  @CsvSource({"1, 1", "9, 31", "103, 65"})
  void rowsOfTheSampleAreScaledAndCentered(int rows, int d) {
    double[] c = normals(rows * d);
    double[] center = normals(d);
    double[] a = normals(rows);
    long[] index = LongStream.range(0, rows).filter(i -> i % 3 == 0).toArray();
    double[] scale = normals(index.length);
    long out = room(index.length * d);
    launch(
        "scaledRows",
        Grids.warps(index.length),
        1,
        upload(c),
        (long) d,
        upload(center),
        upload(a),
        upload(MemorySegment.ofArray(index)),
        upload(scale),
        (long) index.length,
        out);
    double[] expected = new double[index.length * d];
    for (int k = 0; k < expected.length; k++) {
      int i = (int) index[k / d];
      double s = scale[k / d] * Math.sqrt(Math.abs(a[i]));
      expected[k] = s * (c[i * d + k % d] - center[k % d]);
    }
    assertThat(read(out, expected.length)).isEqualTo(expected);
  }

  // Launching

  private void along(String kernel, long n, Object... arguments) {
    launch(kernel, Grids.along(n), 1, arguments);
  }

  private void launch(String kernel, long gridX, long gridY, Object... arguments) {
    Map<String, String> headers =
        Stream.of("common.cuh", "lists.cuh", "philox.cuh", "rows.cuh", "sampling.cuh")
            .collect(Collectors.toMap(Function.identity(), SamplingKernelsContract::source));
    String file = kernel + ".cu";
    String target = compiler.target(gpu.device().capability());
    CUmodule module = gpu.load(file, compiler.compile(file, source(file), headers, target));
    gpu.launch(kernel, gpu.function(module, kernel), gridX, gridY, arguments);
  }

  private static String source(String file) {
    try (InputStream in = Kernels.class.getResourceAsStream("kernels/" + file)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // Making and reading

  private double[] normals(int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private static AccurateSum[] sums(int size) {
    AccurateSum[] sums = new AccurateSum[size];
    Arrays.setAll(sums, i -> new AccurateSum());
    return sums;
  }

  private static void assertClose(double[] actual, AccurateSum[] expected) {
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i].value(), within(SUM * expected[i].magnitude()));
    }
  }

  /** Device memory for numbers of 8 bytes. */
  private long room(int size) {
    long address = gpu.allocate(8L * size, "a test");
    taken.add(address);
    return address;
  }

  private long upload(double[] values) {
    return upload(MemorySegment.ofArray(values));
  }

  private long upload(MemorySegment values) {
    long address = room((int) (values.byteSize() / 8));
    gpu.write(values, address);
    return address;
  }

  private double[] read(long address, int size) {
    double[] values = new double[size];
    gpu.read(address, MemorySegment.ofArray(values));
    return values;
  }

  private long[] readLongs(long address, int size) {
    long[] values = new long[size];
    gpu.read(address, MemorySegment.ofArray(values));
    return values;
  }
}
