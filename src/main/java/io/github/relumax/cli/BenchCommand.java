package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.BenchmarkJson;
import io.github.relumax.report.BenchmarkRecord;
import io.github.relumax.report.BenchmarkSettings;
import io.github.relumax.report.BenchmarkText;
import io.github.relumax.report.PathText;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax bench}: how long a solve takes here, phase by phase. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Makes a problem in memory, solves it repeatedly and says how long each phase took, beside"
          + " rates of the machine that were measured between the solves.",
      "Writes every figure to a JSON file. Give a preset or all three sizes."
    })
final class BenchCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--preset",
      paramLabel = "small|medium|opt125m|wide|tall",
      description = {
        "m x n x d. small: 10,000 x 1,024 x 128; medium: 40,000 x 3,072 x 256; opt125m:"
            + " 50,272 x 3,072 x 768; wide: 20,000 x 16,384 x 512; tall: 2,000,000 x 64 x 32.",
        "Default: small, unless there are sizes."
      })
  private Preset preset;

  @Option(names = "--m", paramLabel = "M", description = "Outputs: rows of A2.")
  private Integer m;

  @Option(names = "--n", paramLabel = "N", description = "Hidden units: rows of A1, columns of A2.")
  private Integer n;

  @Option(names = "--d", paramLabel = "D", description = "Unknowns: length of x.")
  private Integer d;

  @Option(
      names = "--scale",
      paramLabel = "S",
      defaultValue = "4",
      description = "Scale of A2: the larger, the more peaked b is. Default: ${DEFAULT-VALUE}.")
  private double scale;

  @Option(
      names = "--start-distance",
      paramLabel = "S",
      defaultValue = "0.3",
      description = "Start x0 = x* + S N(0, I). Default: ${DEFAULT-VALUE}.")
  private double startDistance;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Same seed, same problem. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "f64|f32",
      defaultValue = "f64",
      description = "Storage of A2: float64 or float32. Default: ${DEFAULT-VALUE}.")
  private Dtype dtype;

  @Option(
      names = "--path",
      paramLabel = "auto|kept|streamed",
      defaultValue = "auto",
      description =
          "Keep C, or form it in blocks every time, as for solve. Default: ${DEFAULT-VALUE}.")
  private PathChoice path;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "5",
      description = "Solves after the first one, which counts apart. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File for the figures. Default: bench-PRESET.json or bench-MxNxD.json.")
  private Path out;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Arguments.requirePositive("--repeat", repeat);
    BenchmarkSettings settings = settings();
    Path file = out == null ? Path.of("bench-" + settings.name() + ".json") : out;
    AtomicFiles.checkFile(file);
    Memory.requireMatrices(
        settings.m(), settings.n(), settings.d(), settings.type(), ElementType.FLOAT32);
    try (Backend backend = backends.open()) {
      PathDecision decision =
          Memory.requireBenchmark(
              backend,
              settings.m(),
              settings.n(),
              settings.d(),
              settings.type(),
              path,
              SystemMemory.available());
      console.println(BenchmarkText.beginning(settings));
      backends.explain(backend).forEach(line -> console.println("Backend  " + line));
      console.println("Path     " + PathText.line(decision));
      BenchmarkRecord record = measure(backend, settings, decision.path());
      AtomicFiles.writeText(file, BenchmarkJson.text(record));
      console.println();
      console.println(BenchmarkText.results(record));
      console.println("Written to   " + file);
      return record.found() ? ExitCode.OK : ExitCode.NOT_CONVERGED;
    }
  }

  private BenchmarkSettings settings() {
    boolean anySize = m != null || n != null || d != null;
    boolean allSizes = m != null && n != null && d != null;
    if (anySize && preset != null) {
      throw new InvalidInputException(
          "--preset " + preset + " does not go with --m, --n or --d: give it or all three sizes");
    }
    if (anySize && !allSizes) {
      throw new InvalidInputException("--m, --n and --d: expected all three sizes, or a --preset");
    }
    if (allSizes) {
      Arguments.requirePositive("--m", m);
      Arguments.requirePositive("--n", n);
      Arguments.requirePositive("--d", d);
      return settings("%sx%sx%s".formatted(m, n, d), m, n, d);
    }
    Preset sizes = preset == null ? Preset.SMALL : preset;
    return settings(sizes.toString(), sizes.m(), sizes.n(), sizes.d());
  }

  private BenchmarkSettings settings(String name, int rows, int units, int unknowns) {
    return new BenchmarkSettings(
        name, rows, units, unknowns, scale, startDistance, seed, dtype.type(), repeat);
  }

  private BenchmarkRecord measure(
      Backend backend, BenchmarkSettings settings, CurvaturePath solvePath) {
    long began = System.nanoTime();
    PlantedProblem planted = console.during("drawing A1 and A2", _ -> generate(settings));
    double generateSeconds = 1e-9 * (System.nanoTime() - began);
    Benchmark benchmark = new Benchmark(backend, settings, planted, solvePath);
    return console.during("solving", progress -> benchmark.run(generateSeconds, progress));
  }

  private static PlantedProblem generate(BenchmarkSettings settings) {
    return PlantedProblem.generate(
        settings.m(),
        settings.n(),
        settings.d(),
        settings.scale(),
        0,
        settings.type(),
        settings.startDistance(),
        settings.seed());
  }
}
