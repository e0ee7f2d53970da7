package io.github.relumax.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A matrix of m x n and a vector; the bytes of the matrix are counted. Before every iteration the
 * memory is measured in the same process: what it gives differs from minute to minute, and from
 * process to process, by more than the products do. Iterations are short and many, and as long as
 * those of the memory: a shared machine stalls for some ten milliseconds several times a second,
 * which then falls into few of either.
 */
@Warmup(iterations = 20, time = MatrixVector.MILLISECONDS, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 12, time = MatrixVector.MILLISECONDS, timeUnit = TimeUnit.MILLISECONDS)
public abstract class MatrixVector extends KernelBenchmark {
  static final int MILLISECONDS = 25;

  /** Where the seconds of {@link MemoryStream} go, a line for each iteration, either way in it. */
  static final String STREAM_FILE = "relumax.bench.stream";

  /**
   * Until Relumax's threads sleep, which look for work for some time after a product, on the cores
   * that are to read memory.
   */
  private static final int IDLE_MILLISECONDS = 60;

  private final List<String> streamSeconds = new ArrayList<>();
  private MemoryStream stream;

  @Override
  List<String> shapes() {
    return List.of("40000x3072", "40000x256");
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  double work(int[] sizes) {
    return (double) Double.BYTES * sizes[0] * sizes[1];
  }

  abstract Kernel prepare(Dense a);

  @Override
  Kernel prepare(int[] sizes) {
    Dense a = Dense.random(sizes[0], sizes[1], 1);
    stream = new MemoryStream(a, threads());
    return prepare(a);
  }

  @Setup(Level.Iteration)
  public void stream() throws InterruptedException {
    Thread.sleep(IDLE_MILLISECONDS);
    List<Double> seconds = stream.seconds();
    streamSeconds.add("%s %s".formatted(seconds.getFirst(), seconds.getLast()));
    // Like the first pass over memory, the first product does not count: it wakes threads.
    run();
  }

  @TearDown
  public void keepStreamSeconds() throws IOException {
    Files.write(Path.of(System.getProperty(STREAM_FILE)), streamSeconds);
  }
}
