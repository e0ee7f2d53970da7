package io.github.relumax.cli;

import io.github.relumax.Version;
import io.github.relumax.backend.BackendProvider;
import io.github.relumax.backend.Backends;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.report.Format;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What bin/gpu-check of the GPU bundle runs: the tests that need a GPU, then the same problems on
 * the CPU and on the GPU through the command line. docs/gpu.md describes the file that it writes.
 */
@Command(
    name = "gpu-check",
    sortOptions = false,
    description = {
      "Checks Relumax on the GPU of this machine: runs the tests that need one, solves problems on"
          + " CPU and GPU, compares them, and writes what it found to a JSON file.",
      "Exit codes: 0 all is well, 1 a test failed or results differ, 2 bad usage, 4 there is no GPU"
          + " that Relumax can use."
    })
final class GpuCheck implements Callable<Integer> {
  /** A test failed, or a problem was not solved alike. */
  private static final int FAILED = 1;

  private static final String CPU = "cpu";

  /** That are printed. */
  private static final int MOST_FAILURES = 10;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final PrintStream out;
  private final PrintStream err;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = "gpu-check.json",
      description = "Where the results go. Default: ${DEFAULT-VALUE}.")
  private Path file;

  @Option(
      names = "--problems",
      paramLabel = "LIST",
      split = ",",
      defaultValue = CheckedProblem.DEFAULTS,
      description = {
        "Presets of 'relumax bench', or MxNxD; with :f32 A2 is stored as float32.",
        "Default: ${DEFAULT-VALUE}."
      })
  private List<CheckedProblem> problems;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "3",
      description = "Timed solves of every problem. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description =
          "Folder for the problems, which take up to 3 GB and are deleted afterwards. Default:"
              + " the system's for temporary files.")
  private Path work;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it itself
  private boolean help;

  @Option(names = "--backend", hidden = true, defaultValue = "cuda")
  private String backend;

  GpuCheck(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    PrintStream out = utf8(FileDescriptor.out);
    System.exit(run(args, out, utf8(FileDescriptor.err)));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    return new CommandLine(new GpuCheck(out, err))
        .registerConverter(CheckedProblem.class, CheckedProblem::parse)
        .setParameterExceptionHandler(GpuCheck::badUsage)
        .setExecutionExceptionHandler(
            (failure, command, _) -> Failures.report(failure, command.getErr()))
        .execute(args);
  }

  private static int badUsage(ParameterException e, String[] args) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println("gpu-check: " + e.getMessage());
    err.println("Try 'gpu-check --help'.");
    return ExitCode.BAD_INPUT;
  }

  private static PrintStream utf8(FileDescriptor stream) {
    return new PrintStream(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Optional<String> reason = unavailable();
    if (reason.isPresent()) {
      err.println("gpu-check: there is no GPU to check: " + reason.get());
      return ExitCode.UNAVAILABLE;
    }
    AtomicFiles.checkFile(file);
    Path folder =
        work == null
            ? Files.createTempDirectory("gpu-check-")
            : Files.createTempDirectory(work, "gpu-check-");
    try {
      return check(folder);
    } finally {
      delete(folder);
    }
  }

  private Optional<String> unavailable() {
    return Backends.providers().stream()
        .filter(provider -> provider.name().equals(backend))
        .findFirst()
        .map(BackendProvider::unavailable)
        .orElse(Optional.of("this build has no backend " + backend));
  }

  private int check(Path folder) throws IOException, InterruptedException {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", Version.current());
    json.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    List<String> info = JavaRun.relumax(List.of("info")).output().lines().toList();
    info.forEach(out::println);
    info.forEach(json.putArray("info")::add);

    boolean passed = checkTests(folder, json);
    ArrayNode solved = json.putArray("problems");
    for (CheckedProblem problem : problems) {
      passed &= checkProblem(problem, folder, solved.addObject());
    }
    json.put("passed", passed);
    AtomicFiles.writeText(
        file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    out.println((passed ? "Passed" : "Failed") + "; written to " + file);
    return passed ? ExitCode.OK : FAILED;
  }

  private boolean checkTests(Path folder, ObjectNode json)
      throws IOException, InterruptedException {
    out.print("tests: ");
    out.flush();
    GpuTests tests = GpuTests.run(classes(), Files.createDirectory(folder.resolve("tests")));
    json.set("tests", JSON.valueToTree(tests));
    json.put("testsPassed", tests.passed());
    out.println(tests.summary());
    List<GpuTests.Failure> failures = tests.failures();
    for (GpuTests.Failure failure : failures.stream().limit(MOST_FAILURES).toList()) {
      String message = failure.message().strip().replaceAll("\\s+", " ");
      out.println(
          "  " + failure.test() + ": " + message.substring(0, Math.min(200, message.length())));
    }
    if (failures.size() > MOST_FAILURES) {
      out.println("  and %d more, which the file lists".formatted(failures.size() - MOST_FAILURES));
    }
    return tests.passed();
  }

  /** Where the tests are, which is where this class is. */
  private static Path classes() {
    try {
      return Path.of(GpuCheck.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean checkProblem(CheckedProblem problem, Path folder, ObjectNode json)
      throws IOException, InterruptedException {
    out.print(problem.name() + ": ");
    out.flush();
    json.put("name", problem.name());
    Path data = folder.resolve("problem");
    try {
      relumax("generate", List.of(data.toString()), problem.sizes());
      Path one = solve(data, CPU, json);
      Path other = solve(data, backend, json);
      SolveComparison comparison = SolveComparison.of(one, other);
      json.set("comparison", JSON.valueToTree(comparison));
      json.put("agrees", comparison.agrees());
      double cpuSeconds = bench(data, CPU, json);
      double gpuSeconds = bench(data, backend, json);
      out.println(
          "%s after %d iterations, residuals to %s, gradients to %s, x to %s; %s on the CPU, %s on the GPU"
              .formatted(
                  comparison.agrees() ? "agree" : "DIFFER",
                  comparison.iterations(),
                  Format.scientific(comparison.residual(), 1),
                  Format.scientific(comparison.gradient(), 1),
                  Format.scientific(comparison.x(), 1),
                  Format.seconds(cpuSeconds),
                  Format.seconds(gpuSeconds)));
      return comparison.agrees();
    } catch (RunFailedException e) {
      json.put("agrees", false);
      json.put("failure", e.getMessage());
      out.println("FAILED, " + e.getMessage());
      return false;
    } finally {
      delete(data);
    }
  }

  private Path solve(Path data, String backend, ObjectNode json)
      throws IOException, InterruptedException {
    Path results = data.resolve("solution-" + backend);
    relumax(
        "solve",
        List.of(data.toString(), "--backend", backend),
        List.of("--quiet", "--out", results.toString()));
    json.set("solve-" + backend, CommandLineRun.json(results.resolve("result.json")));
    return results;
  }

  /** The median seconds of a warm solve. */
  private double bench(Path data, String backend, ObjectNode json)
      throws IOException, InterruptedException {
    Path figures = data.resolve("bench-" + backend + ".json");
    relumax(
        "bench",
        List.of("--problem", data.toString(), "--backend", backend),
        List.of("--repeat", String.valueOf(repeat), "--out", figures.toString()));
    json.set("bench-" + backend, CommandLineRun.json(figures));
    return json.at("/bench-" + backend + "/seconds/median").asDouble();
  }

  private static void relumax(String command, List<String> arguments, List<String> more)
      throws IOException, InterruptedException {
    JavaRun run =
        JavaRun.relumax(
            Stream.of(List.of(command), arguments, more).flatMap(List::stream).toList());
    // A solve that did not converge has its results, and they are compared.
    if (run.code() != ExitCode.OK && run.code() != ExitCode.NOT_CONVERGED) {
      throw new RunFailedException(
          "relumax %s ended with code %d: %s".formatted(command, run.code(), run.lastLine()));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths = new ArrayList<>();
    try (Stream<Path> found = Files.walk(folder)) {
      found.sorted(Comparator.reverseOrder()).forEach(paths::add);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }

  /** A command of Relumax did not do its work. */
  private static final class RunFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RunFailedException(String message) {
      super(message);
    }
  }
}
