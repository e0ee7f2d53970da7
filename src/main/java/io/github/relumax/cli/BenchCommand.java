package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.report.BenchmarkJson;
import io.github.relumax.report.BenchmarkRecord;
import io.github.relumax.report.BenchmarkSettings;
import io.github.relumax.report.BenchmarkText;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax bench}: how long a solve takes here, and where the time goes. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Makes a problem in memory, solves it repeatedly and says how long each phase and primitive"
          + " took, its GFLOP/s and GB/s, and per cent of rates of the machine that were measured"
          + " between the solves.",
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

  @Mixin private PlantedMixin planted;

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
    Memory.requireBenchmark(settings.m(), settings.n(), settings.d(), settings.type());
    try (Backend backend = backends.open()) {
      console.println(BenchmarkText.beginning(settings));
      backends.explain(backend).forEach(line -> console.println("Backend  " + line));
      BenchmarkRecord record = measure(backend, settings);
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
        name,
        rows,
        units,
        unknowns,
        planted.scale(),
        planted.startDistance(),
        planted.seed(),
        planted.type(),
        repeat);
  }

  private BenchmarkRecord measure(Backend backend, BenchmarkSettings settings) {
    long began = System.nanoTime();
    PlantedProblem drawn =
        console.during(
            "drawing A1 and A2", _ -> planted.draw(settings.m(), settings.n(), settings.d(), 0));
    double generateSeconds = 1e-9 * (System.nanoTime() - began);
    Memory.requireWorkspace(drawn.problem());
    Benchmark benchmark = new Benchmark(backend, settings, drawn);
    return console.during("solving", progress -> benchmark.run(generateSeconds, progress));
  }
}
