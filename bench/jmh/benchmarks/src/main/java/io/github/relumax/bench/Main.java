package io.github.relumax.bench;

import io.github.relumax.report.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Runs the benchmarks, the implementations of one shape after another so that they share the state
 * of the machine. {@link Measurements} says what it leaves in the folder it runs in.
 *
 * <p>Arguments: {@code [--quick] [--threads N] [product|gram|matvec|cholesky ...]}.
 */
final class Main {
  /** The operations by the names that one asks for them by. */
  private static final Map<String, List<KernelBenchmark>> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put("product", List.of(new Product()));
    GROUPS.put("gram", List.of(new Gram()));
    GROUPS.put("matvec", List.of(new Multiply(), new MultiplyTransposed(), new MemoryStream()));
    GROUPS.put("cholesky", List.of(new Factor(), new Solve()));
  }

  /**
   * The most flops of one operation that the slow libraries are given: fifteen repetitions of a
   * larger one would take minutes.
   */
  private static final Map<String, Double> MOST_FLOPS =
      Map.of(Library.NETLIB, 2e10, Library.EJML, 3.5e10, Library.OJALGO, 3.5e10);

  /** The most flops or bytes of an operation in a quick run. */
  private static final double MOST_WORK_QUICK = 3e9;

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
    // Now, so that a library that cannot be loaded here shows before an hour's work.
    Map<String, String> libraries = new TreeMap<>();
    for (String name : Library.NAMES) {
      libraries.put(name, Library.open(name, threads).description());
    }
    Measurements measurements = new Measurements(quick, threads, libraries);
    for (String group : groups.isEmpty() ? GROUPS.keySet() : groups) {
      measure(GROUPS.get(group), quick, measurements);
    }
  }

  private static void measure(
      List<KernelBenchmark> group, boolean quick, Measurements measurements)
      throws IOException, RunnerException {
    for (String shape : group.getFirst().shapes()) {
      for (KernelBenchmark benchmark : group) {
        double work = benchmark.work(KernelBenchmark.sizes(shape));
        if (quick && work > MOST_WORK_QUICK) {
          continue;
        }
        for (String implementation : benchmark.implementations()) {
          boolean flops = benchmark.unit().equals("flops");
          if (!flops || work <= MOST_FLOPS.getOrDefault(implementation, Double.MAX_VALUE)) {
            measurements.add(benchmark, shape, implementation, work);
          }
        }
      }
    }
  }
}
