package io.github.relumax.bench;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One operation, timed in a JVM of its own for every shape, library and round. Before it is timed,
 * its result at the very shape that is timed is checked against plain loops.
 *
 * <p>{@link Main} goes through the values of the parameters, those of {@link #shapes} and {@link
 * Library#NAMES}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class KernelBenchmark {
  /** How many threads a library may use, handed to the JVM that measures. */
  static final String THREADS = "relumax.bench.threads";

  private static final String SET_BY_MAIN = "set by Main";

  /** Reordered sums of a few thousand terms differ by less than 1e-12. */
  private static final double TOLERANCE = 1e-10;

  @Param(SET_BY_MAIN)
  public String implementation;

  /** Sizes with an x between them. */
  @Param(SET_BY_MAIN)
  public String shape;

  private Kernel kernel;

  /** What a result is called in the results file. */
  abstract String operation();

  abstract List<String> shapes();

  /** "flops" or "bytes": what {@link #work} counts. */
  String unit() {
    return "flops";
  }

  /** What one operation on these sizes takes, counted alike for every library. */
  abstract double work(int[] sizes);

  double work(String ofShape) {
    return work(sizes(ofShape));
  }

  /** Draws the operands and hands them to the implementation. */
  abstract Kernel prepare(int[] sizes);

  /** Compares a result with plain loops over the same operands. */
  abstract void check(Dense result);

  static int threads() {
    return Integer.getInteger(THREADS);
  }

  Library library() {
    return Library.open(implementation, threads());
  }

  @Setup
  public void setUp() {
    kernel = prepare(sizes(shape));
    kernel.run().run();
    check(kernel.result().get());
  }

  @Benchmark
  public void run() {
    kernel.run().run();
  }

  private static int[] sizes(String shape) {
    return Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
  }

  /**
   * Throws unless both vectors agree to within {@link #TOLERANCE} of the largest expected entry.
   * Comparing matrices by their products with one random vector sees every entry.
   */
  static void requireClose(double[] expected, double[] actual) {
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= TOLERANCE * scale)) {
        throw new IllegalStateException(
            "wrong result: entry %d is %s, expected %s".formatted(i, actual[i], expected[i]));
      }
    }
  }
}
