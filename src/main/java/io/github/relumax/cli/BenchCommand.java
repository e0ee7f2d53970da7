package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.cli.SizeMixin.Sizes;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.BenchmarkJson;
import io.github.relumax.report.BenchmarkRecord;
import io.github.relumax.report.BenchmarkSettings;
import io.github.relumax.report.BenchmarkSettings.Drawn;
import io.github.relumax.report.BenchmarkSettings.Folder;
import io.github.relumax.report.BenchmarkSettings.Origin;
import io.github.relumax.report.BenchmarkText;
import io.github.relumax.report.PathText;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code relumax bench}: how long a solve takes here, and where the time goes. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Makes or reads a problem, solves it repeatedly from memory and says how long each phase and"
          + " primitive took, its GFLOP/s and GB/s, and per cent of rates of the machine that were"
          + " measured between the solves.",
      "Writes every figure to a JSON file. Give a preset, all three sizes, or a problem folder."
    })
final class BenchCommand implements Callable<Integer> {
  /** The options that a problem folder takes the place of. */
  private static final List<String> OF_DRAWN =
      List.of("--preset", "--m", "--n", "--d", "--scale", "--start-distance", "--seed", "--dtype");

  private final Console console;

  @Option(
      names = "--preset",
      paramLabel = "small|medium|opt125m|wide|tall",
      description = {
        "m x n x d. small: 10,000 x 1,024 x 128; medium: 40,000 x 3,072 x 256; opt125m:"
            + " 50,272 x 3,072 x 768; wide: 20,000 x 16,384 x 512; tall: 2,000,000 x 64 x 32.",
        "Default: small, unless there are sizes or a folder."
      })
  private Preset preset;

  @Mixin private SizeMixin sizes;

  @Mixin private PlantedMixin planted;

  @Option(
      names = "--problem",
      paramLabel = "DIR",
      description = {
        "Problem folder to read instead, with an x0.npy; its matrices are copied to memory.",
        "Does not go with the options above. Default: none, the problem is made."
      })
  private Path problem;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "5",
      description = "Warm solves, which figures are of. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = "--warm-up",
      paramLabel = "K",
      defaultValue = "0",
      description =
          "Solves between the first one, which counts apart, and the warm ones, while Java still"
              + " compiles. Default: ${DEFAULT-VALUE}.")
  private int warmUp;

  @Mixin private CurvatureMixin curvature;

  @Mixin private MinimaMixin minima;

  @Mixin private CoarseMixin coarse;

  @Option(
      names = "--time-limit",
      paramLabel = "SECONDS",
      description = "Stop a solve after this time, at the end of a step. Default: none.")
  private Double timeLimit;

  @Mixin private PathMixin path;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "File for the figures. Default: bench-PRESET.json, bench-MxNxD.json or bench-DIR.json.")
  private Path out;

  @Spec private CommandSpec spec;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Arguments.requirePositive("--repeat", repeat);
    if (warmUp < 0) {
      throw new InvalidInputException("--warm-up " + warmUp + ": expected 0 or more");
    }
    return problem == null ? benchDrawn() : benchFolder();
  }

  private NewtonOptions options() {
    NewtonOptions options =
        curvature.options(path).withMinima(minima.minima()).withCoarseRows(coarse.rows());
    return timeLimit == null ? options : options.withTimeLimit(timeLimit);
  }

  private int benchDrawn() {
    Sizes drawn = drawnSizes();
    Path file = file(drawn.name());
    Memory.requireMatrices(drawn.m(), drawn.n(), drawn.d(), planted.type(), ElementType.FLOAT32);
    try (Backend backend = backends.open()) {
      Memory.requireBenchmark(
          backend,
          drawn.m(),
          drawn.n(),
          drawn.d(),
          planted.type(),
          options(),
          backend.memory().available());
    }
    return bench(
        drawn.name(),
        new Drawn(planted.scale(), planted.startDistance(), planted.seed()),
        "drawing A1 and A2",
        () -> BenchmarkProblem.of(planted.draw(drawn.m(), drawn.n(), drawn.d(), 0)),
        file);
  }

  private int benchFolder() {
    for (String option : OF_DRAWN) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InvalidInputException(
            "--problem %s does not go with %s: the folder says what is solved"
                .formatted(problem, option));
      }
    }
    Path folder = problem.toAbsolutePath().normalize().getFileName();
    String name = folder == null ? "problem" : folder.toString();
    Path file = file(name);
    return bench(
        name,
        new Folder(problem.toString()),
        "reading " + problem,
        () -> BenchmarkProblem.read(problem),
        file);
  }

  /** Where the figures go, which is tried before the work. */
  private Path file(String name) {
    Path file = out == null ? Path.of("bench-" + name + ".json") : out;
    AtomicFiles.checkFile(file);
    return file;
  }

  private Sizes drawnSizes() {
    if (sizes.anyGiven() && preset != null) {
      throw new InvalidInputException(
          "--preset " + preset + " does not go with --m, --n or --d: give it or all three sizes");
    }
    if (sizes.anyGiven() && !sizes.allGiven()) {
      throw new InvalidInputException("--m, --n and --d: expected all three sizes, or a --preset");
    }
    if (sizes.allGiven()) {
      return sizes.sizes();
    }
    Preset chosen = preset == null ? Preset.SMALL : preset;
    return new Sizes(chosen.toString(), chosen.m(), chosen.n(), chosen.d());
  }

  private int bench(
      String name, Origin origin, String task, Supplier<BenchmarkProblem> prepare, Path file) {
    try (Backend backend = backends.open()) {
      long began = System.nanoTime();
      BenchmarkProblem input = console.during(task, _ -> prepare.get());
      double prepareSeconds = 1e-9 * (System.nanoTime() - began);
      Problem solved = input.problem();
      NewtonOptions options = options();
      PathDecision decision = Memory.requireSolve(backend, solved, options, Ceilings.bytes());
      options = options.withPath(PathChoice.of(decision.path()));
      BenchmarkSettings settings =
          new BenchmarkSettings(
              name,
              solved.m(),
              solved.n(),
              solved.d(),
              solved.a2().type(),
              origin,
              minima.minima(),
              coarse.rows(),
              warmUp,
              repeat);
      console.println(BenchmarkText.beginning(settings));
      backends.explain(backend).forEach(line -> console.println("Backend  " + line));
      console.println(PathText.lines(decision));
      Benchmark benchmark = new Benchmark(backend, settings, input, options);
      BenchmarkRecord record =
          console.during("solving", progress -> benchmark.run(prepareSeconds, progress));
      AtomicFiles.writeText(file, BenchmarkJson.text(record));
      console.println();
      console.println(BenchmarkText.results(record));
      console.println("Written to   " + file);
      return record.found() ? ExitCode.OK : ExitCode.NOT_CONVERGED;
    }
  }
}
