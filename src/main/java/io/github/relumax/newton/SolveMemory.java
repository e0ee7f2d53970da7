package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendMemory;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a solve needs where its backend computes, beside A1 and A2. In main memory these
 * are there already or are mapped files: the pages of a mapped file are cache, which the system
 * takes back as it likes, so that A2 may be larger than memory.
 *
 * @param path whether C is among it
 * @param method what stands for H
 * @param parts what needs how much, at most
 */
public record SolveMemory(CurvaturePath path, StepMethod method, List<Part> parts) {
  /** What the Java virtual machine takes: code, compiler, threads, a heap of small things. */
  static final long JAVA_BYTES = 200_000_000;

  /** C, matrices, vectors and samples are the first parts. */
  private static final int OWN_PARTS = 4;

  /** Numbers for each row of A2 that stand in Java arrays: b and w, as read and as kept. */
  private static final long ARRAYS = 4;

  /** One thing that takes memory. */
  public record Part(String name, long bytes) {}

  public SolveMemory {
    parts = List.copyOf(parts);
  }

  /** What solving an m x n x d problem on this path with this curvature needs, A2 being dense. */
  public static SolveMemory of(
      Backend backend, long m, long n, long d, CurvaturePath path, Curvature curvature) {
    return of(backend, m, n, d, m * n, path, curvature);
  }

  /** The same where so many entries of A2 are not zero. */
  public static SolveMemory of(
      Backend backend,
      long m,
      long n,
      long d,
      long nonZeros,
      CurvaturePath path,
      Curvature curvature) {
    StepMethod method = StepMethod.of(curvature, backend, m, n, d, path);
    SoftmaxReluObjective.Workspace workspace =
        SoftmaxReluObjective.workspace(m, n, d, NewtonRun.MOST_ROWS, path);
    long solver = NewtonRun.ownBytes((double) n, (double) d, method);
    List<Part> parts = new ArrayList<>();
    parts.add(new Part(path == CurvaturePath.KEPT ? "C" : "block of C", workspace.c()));
    SampledCurvature.Bytes sampled =
        SampledCurvature.bytes((double) m, (double) n, (double) d, path, method);
    long matrices = method.samples() ? sampled.matrices() : workspace.matrices();
    if (method == StepMethod.SKETCH_CG) {
      // And those of all rows, for steps that know about kinks.
      matrices = sum(matrices, workspace.matrices());
    }
    parts.add(new Part("d x d matrices", sum(matrices, solver)));
    parts.add(new Part("vectors and trial points", workspace.vectors()));
    parts.add(new Part("scores and sampled rows", method.samples() ? sampled.rows() : 0));
    parts.add(new Part("packed operands", scratchBytes(backend, m, n, d)));
    long compressed = backend.compressedBytes(m, n, nonZeros);
    if (compressed > 0) {
      parts.add(new Part("non-zeros of A2", compressed));
    }
    if (!backend.memory().separate()) {
      parts.add(new Part("Java", sum(JAVA_BYTES, javaBytes(m, n, d))));
    }
    return new SolveMemory(path, method, parts);
  }

  /**
   * The bytes of the backend's memory that a solve may take: all that there are, less A1 and A2
   * where they have to be copied there.
   *
   * @param matrices bytes of A1 and A2
   */
  public static long available(Backend backend, long matrices) {
    BackendMemory memory = backend.memory();
    return memory.separate() ? memory.available() - matrices : memory.available();
  }

  /** The same for a problem. */
  public static long available(Backend backend, Problem problem) {
    long a1 = problem.a1().segment().byteSize();
    return available(backend, a1 + problem.a2().segment().byteSize());
  }

  /** The sum of all parts. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).reduce(0, SolveMemory::sum);
  }

  /** Whether {@code available} bytes suffice. */
  public boolean fits(long available) {
    return bytes() <= available;
  }

  /** Bytes that the backend takes for itself. */
  static long scratchBytes(Backend backend, long m, long n, long d) {
    long products = backend.transposedBytes(Math.max(n, d), SoftmaxReluObjective.MOST_PRODUCTS);
    return sum(backend.workspaceBytes(m, n, d), products);
  }

  /** Bytes of a solve's Java arrays. */
  static long javaBytes(long m, long n, long d) {
    return sum(8 * ARRAYS * m, (long) KinkSet.javaBytes((double) n, (double) d));
  }

  /** The sum of the parts that every solve on a backend has for itself, Java apart. */
  long ownBytes() {
    return parts.subList(0, OWN_PARTS).stream().mapToLong(Part::bytes).reduce(0, SolveMemory::sum);
  }

  /** Bytes of C, or of the block of it. */
  public long cBytes() {
    return parts.getFirst().bytes();
  }

  /**
   * What a process that solves is meant to stay below, resident: A1 + A2 + C + 15 % + 300 MB.
   *
   * @param matrices bytes of A1 and A2
   * @param c bytes of C, or of the block of it
   */
  public static long residentBound(double matrices, double c) {
    return Math.round(1.15 * (matrices + c) + 300e6);
  }

  /** The sum, or the largest long where it is larger. */
  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }
}
