package io.github.relumax.bench;

import io.github.relumax.Version;
import io.github.relumax.report.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was measured so far, in files that are complete after every trial: {@code jmh.json} holds
 * JMH's results with every iteration, {@code run.json} what ran where and the work of each
 * operation, {@code logs} what JMH said in each trial.
 */
final class Measurements {
  private static final Path RESULTS = Path.of("jmh.json");
  private static final Path RUN = Path.of("run.json");
  private static final Path LOGS = Path.of("logs");
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final boolean quick;
  private final int threads;
  private final List<RunResult> results = new ArrayList<>();
  private final ObjectNode run;
  private final ObjectNode operations;

  /**
   * Starts with nothing.
   *
   * @param libraries what each library says it runs
   */
  Measurements(boolean quick, int threads, Map<String, String> libraries) throws IOException {
    this.quick = quick;
    this.threads = threads;
    Files.createDirectories(LOGS);
    run = MAPPER.createObjectNode();
    run.put("date", LocalDate.now().toString());
    run.put("quick", quick);
    ObjectNode machine = run.putObject("machine");
    machine.put("processor", Machine.processor().orElse("unknown processor"));
    machine.put("cores", Machine.cores());
    machine.put("system", Machine.system());
    machine.put("java", Machine.java());
    run.put("threads", threads);
    run.put("loadAtStart", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    run.set("versions", versions());
    run.set("libraries", MAPPER.valueToTree(libraries));
    operations = run.putObject("operations");
  }

  private static ObjectNode versions() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Measurements.class.getResourceAsStream("libraries.properties")) {
      properties.load(in);
    }
    ObjectNode versions = MAPPER.createObjectNode();
    versions.put("Relumax", Version.current());
    properties.stringPropertyNames().stream()
        .sorted()
        .forEach(name -> versions.put(name, properties.getProperty(name)));
    return versions;
  }

  /** Runs one trial in a JVM of its own. */
  void add(KernelBenchmark benchmark, String shape, String implementation, int round)
      throws IOException, RunnerException {
    String trial = "%s %s %s %d".formatted(benchmark.operation(), shape, implementation, round);
    String file = trial.replace(' ', '-');
    Path log = LOGS.resolve(file + ".log").toAbsolutePath();
    Path stream = LOGS.resolve(file + ".stream").toAbsolutePath();
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + benchmark.getClass().getSimpleName() + "\\.run$")
            .param("shape", shape)
            .param("implementation", implementation)
            .jvmArgsAppend(
                "-D" + KernelBenchmark.THREADS + "=" + threads,
                "-D" + MatrixVector.STREAM_FILE + "=" + stream)
            .shouldFailOnError(true)
            .output(log.toString());
    if (quick) {
      options
          .warmupIterations(1)
          .warmupTime(TimeValue.milliseconds(50))
          .measurementIterations(3)
          .measurementTime(TimeValue.milliseconds(50));
    }
    try {
      results.add(new Runner(options.build()).runSingle());
    } catch (RunnerException e) {
      throw new RunnerException(trial + " failed: see " + log, e);
    }
    double work = benchmark.work(shape);
    double seconds = results.getLast().getPrimaryResult().getScore();
    System.out.printf(
        "%-18s %-15s %-12s %10.4f ms %8.1f G%s/s%n",
        benchmark.operation(),
        shape,
        implementation,
        1e3 * seconds,
        1e-9 * work / seconds,
        benchmark.unit());
    ObjectNode operation = operations.withObject("/" + benchmark.operation());
    operation.put("unit", benchmark.unit());
    operation.withObject("/work").put(shape, work);
    if (Files.exists(stream)) {
      ArrayNode all =
          operation.withObject("/streamSeconds").withObject("/" + shape).withArray(implementation);
      measured(stream, results.getLast()).forEach(all::add);
    }
    write();
  }

  /**
   * What memory gave before each iteration that counts (those of the warm-up come first), the way
   * whose median is less.
   */
  private static List<Double> measured(Path stream, RunResult result) throws IOException {
    List<String> lines = Files.readAllLines(stream);
    int count = result.getParams().getMeasurement().getCount();
    List<String> counted = lines.subList(lines.size() - count, lines.size());
    return IntStream.range(0, 2)
        .mapToObj(way -> counted.stream().map(l -> Double.valueOf(l.split(" ")[way])).toList())
        .min(Comparator.comparingDouble(Measurements::median))
        .orElseThrow();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private void write() throws IOException {
    try (PrintStream out =
        new PrintStream(Files.newOutputStream(RESULTS), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
    Files.writeString(RUN, MAPPER.writeValueAsString(run) + "\n");
  }
}
