package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The kernels give the same bits interpreted and compiled: when the compiler comes is chance. */
final class SameBitsTest {
  private static final int LENGTH = 1003;

  @Test
  void interpretedAndCompiledCodeAgree() throws IOException, InterruptedException {
    String compiled = "";
    for (int i = 0; i < 20_000; i++) {
      compiled = bits();
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xint",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                SameBitsTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String interpreted =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    assertThat(interpreted).isEqualTo(compiled);
  }

  public static void main(String[] args) {
    System.out.println(bits());
  }

  private static final MemorySegment X = numbers(-10, 0.618);
  private static final MemorySegment Y = numbers(1, 0.414);
  private static final MemorySegment OUT = numbers(0, 0);

  private static MemorySegment numbers(double size, double step) {
    MemorySegment segment = Arena.global().allocate(8L * LENGTH, 64);
    for (int i = 0; i < LENGTH; i++) {
      segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, size * (i * step % 1));
    }
    return segment;
  }

  private static String bits() {
    Kernels kernels = new VectorKernels();
    double dot = kernels.dot(X, 0, Y, 0, LENGTH);
    double[] tile = new double[8];
    kernels.dotTile(X, 0, 8, Y, 0, 8, LENGTH - 3, tile);
    long hash = Double.doubleToRawLongBits(kernels.exp(X, 0, 0.25, OUT, 0, LENGTH));
    for (int i = 0; i < LENGTH; i++) {
      hash = 31 * hash + Double.doubleToRawLongBits(OUT.getAtIndex(ValueLayout.JAVA_DOUBLE, i));
    }
    for (double value : tile) {
      hash = 31 * hash + Double.doubleToRawLongBits(value);
    }
    return Long.toHexString(hash) + " " + Double.toHexString(dot);
  }
}
