package io.github.relumax.bench;

import io.github.relumax.report.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Runs the benchmarks, the implementations of one shape in turns, round after round, so that they
 * share the state of the machine, which may be twice as fast a minute later. {@link Measurements}
 * says what it leaves in the folder it runs in.
 *
 * <p>Arguments: {@code [--quick] [--threads N] [product|gram|matvec|cholesky ...]}.
 */
final class Main {
  /** The operations by the names that one asks for them by. */
  private static final Map<String, List<KernelBenchmark>> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put("product", List.of(new Product()));
    GROUPS.put("gram", List.of(new Gram()));
    GROUPS.put("matvec", List.of(new Multiply(), new MultiplyTransposed()));
    GROUPS.put("cholesky", List.of(new Factor(), new Solve()));
  }

  /**
   * The most flops of one operation that the slow libraries are given: two dozen repetitions of a
   * larger one would take minutes.
   */
  private static final Map<String, Double> MOST_FLOPS =
      Map.of(Library.NETLIB, 5e9, Library.EJML, 5e9, Library.OJALGO, 5e9);

  private static final int ROUNDS = 3;

  private Main() {}

  public static void main(String[] args) throws IOException, RunnerException {
    boolean quick = false;
    int threads = Machine.cores();
    List<String> groups = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--quick" -> quick = true;
        case "--threads" -> threads = Integer.parseInt(args[++i]);
        default -> groups.add(args[i]);
      }
    }
    if (!GROUPS.keySet().containsAll(groups)) {
      throw new IllegalArgumentException(groups + ": expected some of " + GROUPS.keySet());
    }
    // Now, so that a library that cannot be loaded here shows at once.
    Map<String, String> libraries = new TreeMap<>();
    for (String name : Library.NAMES) {
      libraries.put(name, Library.open(name, threads).description());
    }
    Measurements measurements = new Measurements(quick, threads, libraries);
    for (String group : groups.isEmpty() ? GROUPS.keySet() : groups) {
      measure(GROUPS.get(group), quick, measurements);
    }
  }

  /** All shapes of the operations in a group, or in a quick run the smallest. */
  private static void measure(List<KernelBenchmark> group, boolean quick, Measurements measurements)
      throws IOException, RunnerException {
    KernelBenchmark first = group.getFirst();
    List<String> shapes = first.shapes();
    if (quick) {
      shapes = List.of(Collections.min(shapes, Comparator.comparingDouble(first::work)));
    }
    for (String shape : shapes) {
      for (int round = 1; round <= (quick ? 1 : ROUNDS); round++) {
        measure(group, shape, round, measurements);
      }
    }
  }

  private static void measure(
      List<KernelBenchmark> group, String shape, int round, Measurements measurements)
      throws IOException, RunnerException {
    for (KernelBenchmark benchmark : group) {
      for (String implementation : Library.NAMES) {
        if (affordable(benchmark, shape, implementation)) {
          measurements.add(benchmark, shape, implementation, round);
        }
      }
    }
  }

  private static boolean affordable(
      KernelBenchmark benchmark, String shape, String implementation) {
    return benchmark.unit().equals("bytes")
        || benchmark.work(shape) <= MOST_FLOPS.getOrDefault(implementation, Double.MAX_VALUE);
  }
}
