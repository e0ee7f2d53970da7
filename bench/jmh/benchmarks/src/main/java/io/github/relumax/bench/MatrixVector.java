package io.github.relumax.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A matrix of m x n and a vector; the bytes of the matrix are counted. Before every iteration the
 * memory is measured in the same process: what it gives differs from minute to minute, and from
 * process to process, by more than the products do.
 */
public abstract class MatrixVector extends KernelBenchmark {
  /** Where the seconds of {@link MemoryStream} go, a line for each iteration. */
  static final String STREAM_FILE = "relumax.bench.stream";

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
  public void stream() {
    streamSeconds.add(Double.toString(stream.seconds()));
  }

  @TearDown
  public void keepStreamSeconds() throws IOException {
    Files.write(Path.of(System.getProperty(STREAM_FILE)), streamSeconds);
  }
}
