package io.github.relumax.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.report.Format;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory there is, asked before it is needed: a system that runs out ends processes. */
final class Memory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";

  private Memory() {}

  /** Bytes of memory of this machine, or of the container that the process is in. */
  static long total() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /**
   * Bytes that can be had without swapping, as far as the system tells: Linux does. Elsewhere free
   * memory leaves out what caches would give back, so all memory counts.
   */
  static long available() {
    long total = total();
    if (!Files.isReadable(MEMINFO)) {
      return total;
    }
    try {
      return Files.readAllLines(MEMINFO).stream()
          .filter(line -> line.startsWith(AVAILABLE))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .map(bytes -> Math.min(bytes, total))
          .findFirst()
          .orElse(total);
    } catch (IOException e) {
      return total;
    }
  }

  /** Bytes that matrices may take outside the Java heap. */
  static long matrixLimit() {
    long limit =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    return limit == 0 ? Runtime.getRuntime().maxMemory() : limit;
  }

  /**
   * Checks that A1 (n x d) and A2 (m x n) can be had.
   *
   * @return the bytes that they take
   * @throws InsufficientMemoryException if they cannot
   */
  static long requireMatrices(int m, int n, int d, ElementType type) {
    long bytes;
    try {
      bytes = Math.addExact(Matrix.bytes(n, d, ElementType.FLOAT64), Matrix.bytes(m, n, type));
    } catch (IllegalArgumentException | ArithmeticException e) {
      bytes = Long.MAX_VALUE;
    }
    String what = "A1 (%s x %s) and A2 (%s x %s) take".formatted(n, d, m, n);
    require(bytes, what, "make them smaller, or use a machine with more");
    long limit = matrixLimit();
    if (bytes > limit) {
      throw new InsufficientMemoryException(
          "not enough memory: %s %s, Java may use %s outside its heap; raise"
                  .formatted(what, Format.bytes(bytes), Format.bytes(limit))
              + " -XX:MaxDirectMemorySize");
    }
    return bytes;
  }

  /**
   * Checks that the machine can give what computing with a problem takes beside A1 and A2, which
   * are mapped files, or in memory already.
   *
   * @throws InsufficientMemoryException if it cannot
   */
  static void requireWorkspace(Problem problem) {
    require(
        NewtonSolver.workspaceBytes(problem),
        "computing with m = %s, n = %s, d = %s takes"
            .formatted(problem.m(), problem.n(), problem.d()),
        "end other programs, or use a machine with more: the matrix C alone takes 8 m d bytes");
  }

  /**
   * Checks, before there is a problem, that a benchmark's matrices, the greater part of its
   * workspace (C and all else that does not depend on the solver) and its ceilings can be had
   * together.
   *
   * @throws InsufficientMemoryException if they cannot
   */
  static void requireBenchmark(int m, int n, int d, ElementType type) {
    double matrices = requireMatrices(m, n, d, type);
    // In float64, where the sum cannot overflow.
    SoftmaxReluObjective.Workspace workspace =
        SoftmaxReluObjective.workspace(m, n, d, 1, CurvaturePath.KEPT);
    double bytes = matrices + workspace.c() + workspace.vectors() + Ceilings.bytes();
    require(
        (long) bytes,
        "a benchmark with m = %s, n = %s, d = %s takes".formatted(m, n, d),
        "end other programs, or take smaller sizes");
  }

  /**
   * Checks that the machine can give this much.
   *
   * @param what needs it, with a verb: "solving ... needs"
   * @param advice what to change
   * @throws InsufficientMemoryException if it cannot
   */
  static void require(long bytes, String what, String advice) {
    long available = available();
    if (bytes > available) {
      throw new InsufficientMemoryException(
          "not enough memory: %s %s, available are %s; %s"
              .formatted(what, Format.bytes(bytes), Format.bytes(available), advice));
    }
  }
}
