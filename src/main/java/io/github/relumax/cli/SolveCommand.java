package io.github.relumax.cli;

import io.github.relumax.cli.StartMixin.Start;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.report.Format;
import io.github.relumax.report.SolveSettings;
import io.github.relumax.text.TextLabels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax solve}: minimises the loss of a problem folder. */
@Command(
    name = "solve",
    sortOptions = false,
    description = {
      "Minimises 1/2 ‖softmax(A2 relu(A1 x)) - b‖² + 1/2 ‖W A2 relu(A1 x)‖² over x and writes"
          + " x.npy, result.json and trace.jsonl.",
      "With --targets it solves for every column of a file, and x.npy has a row for each.",
      "Ctrl-C ends the solve and writes the best x so far."
    })
final class SolveCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ProblemMixin input;

  @Option(
      names = "--targets",
      paramLabel = "FILE",
      description = {
        "Solve for many b on one A1 and A2: the k columns of an .npy FILE (m x k). DIR need not"
            + " have b.npy then.",
        "Default: b.npy in DIR alone."
      })
  private String targets;

  @Option(
      names = "--at-once",
      paramLabel = "N",
      description =
          "Targets under way at once, at most; fewer where memory is short. Default: "
              + NewtonSolver.USUALLY_AT_ONCE
              + ".")
  private Integer atOnce;

  @Mixin private StartMixin starts;

  @Mixin private CurvatureMixin curvature;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      defaultValue = "1e-8",
      description =
          "Converged when the next Newton step is shorter than T ‖x‖. Default: ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(
      names = "--max-iterations",
      paramLabel = "N",
      defaultValue = "200",
      description = "Steps at most, of each descent (--minima). Default: ${DEFAULT-VALUE}.")
  private int maxIterations;

  @Option(
      names = "--time-limit",
      paramLabel = "SECONDS",
      description =
          "Stop after this time, at the end of a step; with --targets the time of all together."
              + " Default: none.")
  private Double timeLimit;

  @Option(
      names = "--radius",
      paramLabel = "R",
      description = "Minimise over ‖x‖ <= R. Default: no bound.")
  private Double radius;

  @Mixin private MinimaMixin minima;

  @Mixin private CoarseMixin coarse;

  @Mixin private PathMixin path;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for the results. Default: solution in the problem's folder.")
  private Path out;

  @Option(
      names = "--format",
      paramLabel = "table|json",
      defaultValue = "table",
      description =
          "What to print. table: every iteration (with --targets every target) and a summary; json:"
              + " the content of result.json and nothing else. Default: ${DEFAULT-VALUE}.")
  private OutputFormat format;

  @Option(names = "--quiet", description = "Print no table and no summary, only errors.")
  private boolean quiet;

  SolveCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return input.using(targets == null ? this::solve : this::solveTargets);
  }

  private int solve() {
    if (atOnce != null) {
      throw new InvalidInputException("--at-once is for many targets and goes with --targets FILE");
    }
    NewtonOptions options = options();
    long began = System.nanoTime();
    ProblemDirectory folder = read(() -> input.open(console));
    Problem given = input.problem(folder);
    Problem problem = bounded(given);
    Start from = starts.one(folder, problem);
    Optional<TextLabels> labels = TextLabels.read(input.dir(), given.m(), given.n());
    double seconds = 1e-9 * (System.nanoTime() - began);
    return new SingleSolve(console, input, backends, format, showsTable())
        .run(
            new SingleSolve.Reading(problem, from, folder.xStar(), labels, seconds),
            options,
            results(),
            heading(problem, from));
  }

  private int solveTargets() {
    NewtonOptions options = options();
    if (input.choosesWeight()) {
      throw new InvalidInputException(
          "--weight auto is chosen for one target and does not go with --targets: give a number or"
              + " a file");
    }
    int most = atOnce == null ? NewtonSolver.USUALLY_AT_ONCE : atOnce;
    Arguments.requirePositive("--at-once", most);
    Path file = Arguments.file("--targets", targets, "expected an .npy file of shape (m, k)");
    long began = System.nanoTime();
    ProblemDirectory folder = read(() -> input.open(file, console));
    Problem problem = bounded(input.problem(folder));
    Targets all = folder.targets().orElseThrow().with(problem);
    Start from = starts.forAll(folder, all);
    double readSeconds = 1e-9 * (System.nanoTime() - began);
    SolveSettings settings =
        new SolveSettings(
            options, from.name(), from.seed(), input.weight(), Optional.empty(), backends.name());
    List<String> heading = new ArrayList<>(heading(problem, from));
    heading.add("Targets  %s, %s columns of b".formatted(file, Format.count(all.count())));
    return new TargetsSolve(console, backends, format, showsTable())
        .run(all, from.points(), most, settings, results(), readSeconds, heading);
  }

  private ProblemDirectory read(Supplier<ProblemDirectory> open) {
    try (WarmUp _ = WarmUp.reading(input.dir())) {
      return open.get();
    }
  }

  private Problem bounded(Problem problem) {
    return radius == null ? problem : problem.withRadius(radius);
  }

  private Path results() {
    return out == null ? input.dir().resolve("solution") : out;
  }

  private NewtonOptions options() {
    if (radius != null && !(radius > 0)) {
      throw new InvalidInputException("--radius " + radius + ": expected a number above 0");
    }
    NewtonOptions options =
        curvature
            .options(path)
            .withTolerance(tolerance)
            .withMaxIterations(maxIterations)
            .withMinima(minima.minima())
            .withCoarseRows(coarse.rows());
    return timeLimit == null ? options : options.withTimeLimit(timeLimit);
  }

  private boolean showsTable() {
    return format == OutputFormat.TABLE && !quiet;
  }

  /** What is solved, and where it begins. */
  private List<String> heading(Problem problem, Start from) {
    return List.of(
        "Problem  %s: m = %s, n = %s, d = %s, A2 %s"
            .formatted(
                input.dir(),
                Format.count(problem.m()),
                Format.count(problem.n()),
                Format.count(problem.d()),
                problem.a2().type()),
        "Start    "
            + from.name()
            + (from.seed().isPresent() ? ", seed " + from.seed().getAsLong() : ""));
  }
}
