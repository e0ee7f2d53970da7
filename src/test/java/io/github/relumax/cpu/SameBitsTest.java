package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The kernels give the same bits interpreted and compiled: when the compiler comes is chance. */
final class SameBitsTest {
  /** Less 3 and less 5, as kernels get it, no multiple of any vector. */
  private static final int LENGTH = 1006;

  @Test
  void interpretedAndCompiledCodeAgree() throws IOException, InterruptedException {
    String compiled = "";
    for (int i = 0; i < 20_000; i++) {
      compiled = bits();
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Those that say how long vectors are.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-XX:"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xint",
            "--add-modules=jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            SameBitsTest.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String interpreted =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    assertThat(interpreted).isEqualTo(compiled);
  }

  public static void main(String[] args) {
    System.out.println(bits());
  }

  private static final long X = numbers(-10, 0.618);
  private static final long Y = numbers(1, 0.414);
  private static final long OUT = numbers(0, 0);
  private static final long GZ = numbers(0, 0);
  private static final long INDEX = Arena.global().allocate(4L * 11, 64).address();

  static {
    for (int p = 0; p < 11; p++) {
      RawMemory.setInt(INDEX + 4L * p, 7 * p % 11);
    }
  }

  private static long numbers(double size, double step) {
    MemorySegment segment = Arena.global().allocate(8L * LENGTH, 64);
    for (int i = 0; i < LENGTH; i++) {
      segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, size * (i * step % 1));
    }
    return segment.address();
  }

  private static String bits() {
    return bits(new VectorKernels(VectorKernels.FEW_ROWS))
        + " and "
        + bits(new VectorKernels(VectorKernels.MANY_ROWS));
  }

  private static String bits(Kernels kernels) {
    double[] sums = {0.3, -0.7, 1.1, 0.2};
    StringBuilder bits = new StringBuilder();
    bits.append(Double.toHexString(kernels.dot(X, Y, LENGTH)));
    kernels.dots(X, 8, Y, LENGTH - 3, OUT, 8);
    bits.append(" dots ").append(hash(4));
    int vectors = kernels.vectorsAtOnce();
    kernels.dotBlock(X, 8, Y, LENGTH / vectors, OUT);
    bits.append(" dotBlock ").append(hash(4 * vectors));
    RawMemory.copy(Y, OUT, 8 * LENGTH);
    kernels.addBlock(Y, X, 8, OUT, LENGTH / vectors);
    bits.append(" addBlock ").append(hash(LENGTH));
    RawMemory.copy(Y, OUT, 8 * LENGTH);
    kernels.addRows(X, 16, X, 8, OUT, LENGTH - 3);
    bits.append(" addRows ").append(hash(LENGTH));
    long[] rows = {X, X + 8, X + 24, Y};
    RawMemory.copy(Y, OUT, 8 * LENGTH);
    kernels.addCenteredThenDots(X, X + 8, X + 16, 8, Y, X, LENGTH - 5, OUT, GZ);
    bits.append(" addCenteredThenDots ").append(hash(LENGTH - 3));
    RawMemory.copy(GZ, OUT, 32);
    bits.append(' ').append(hash(4));
    RawMemory.copy(Y, OUT, 8 * LENGTH);
    kernels.addCentered(sums, rows, Y, OUT, LENGTH - 3);
    bits.append(" addCentered ").append(hash(LENGTH - 3));
    for (int third = 1; third <= 3; third++) {
      int columns = third * kernels.tileColumns() / 3;
      kernels.tile(LENGTH / 32, X, 32, Y, 8, columns, OUT);
      bits.append(" tile ").append(hash(kernels.tileRows() * kernels.tileColumns()));
    }
    for (int columns :
        new int[] {1, 3 * kernels.vectorBits() / 64, 8 * kernels.vectorBits() / 64}) {
      int width = kernels.sumWidth(columns);
      kernels.sumRows(X, INDEX, 11, Y, width, OUT);
      bits.append(" sumRows ").append(hash(width));
    }
    bits.append(" exp ").append(Double.toHexString(kernels.exp(X, 0.25, OUT, LENGTH)));
    bits.append(' ').append(hash(LENGTH));
    bits.append(" squaredError ").append(kernels.squaredError(OUT, 0.1, Y, LENGTH));
    bits.append(" weightedSquares ").append(kernels.weightedSquares(Y, X, LENGTH));
    kernels.residual(OUT, 0.1, Y, GZ, LENGTH, sums);
    return bits.append(" residual ").append(Arrays.toString(sums)).toString();
  }

  /** Of the first entries of OUT. */
  private static int hash(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = RawMemory.get(OUT + 8L * i);
    }
    return Arrays.hashCode(values);
  }
}
