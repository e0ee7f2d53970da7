package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.cli.StartMixin.Start;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.io.ResultDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.IterationListener;
import io.github.relumax.newton.Minima;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.Format;
import io.github.relumax.report.IterationTable;
import io.github.relumax.report.JsonReport;
import io.github.relumax.report.PathText;
import io.github.relumax.report.SolveRecord;
import io.github.relumax.report.SolveSettings;
import io.github.relumax.report.SolveSummary;
import io.github.relumax.report.WeightsText;
import io.github.relumax.text.TextExplanation;
import io.github.relumax.text.TextLabels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
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
  /** Room for result.json and a trace of usual length. */
  static final int TEXT_BYTES = 1 << 16;

  /** Words, and anchors, that a text problem's solution is told by. */
  private static final int MOST_WORDS = 15;

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

  @Option(
      names = "--minima",
      paramLabel = "first|lower|auto",
      defaultValue = "first",
      description = {
        "Which minimum to look for, where there are many:",
        "first: the one that the steps from the start lead to.",
        "lower: descends three more times from a point on the way, with other dampings, and keeps"
            + " the lowest loss. Takes up to seven times the iterations.",
        "auto: lower where fewer than 1.5 d units are active at a minimum with kinks and more than"
            + " 1/1000 of the loss at the start is left; else first.",
        "Default: ${DEFAULT-VALUE}."
      })
  private Minima minima;

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
    Problem unweighted = bounded(given);
    Start from = starts.one(folder, unweighted);
    Optional<TextLabels> labels = TextLabels.read(input.dir(), given.m(), given.n());
    double readSeconds = 1e-9 * (System.nanoTime() - began);

    Path results = results();
    try (Backend backend = backends.open();
        ResultDirectory directory = ResultDirectory.open(results, 8L * given.d() + TEXT_BYTES)) {
      PathDecision decision = Memory.requireSolve(backend, unweighted, options);
      IterationTable table = new IterationTable(decision.method());
      NewtonSolver solver =
          new NewtonSolver(backend, options.withPath(PathChoice.of(decision.path())));
      try (Interruption interruption = Interruption.guard(() -> stop(solver))) {
        ProblemMixin.Weighted weighted =
            input.weigh(backend, unweighted, unweighted.intoBall(from.x()), console);
        Problem problem = weighted.problem();
        showBeginning(weighted, from, backend, decision, results, table);
        SolveSettings settings =
            new SolveSettings(
                options,
                from.name(),
                from.seed(),
                input.weight(),
                weighted.chosen(),
                backends.name());
        Course course = new Course(solver, interruption, table);
        ToIntFunction<Solution> end =
            solution -> {
              // Writing files fails on a thread that is marked as interrupted.
              Thread.interrupted();
              OptionalDouble distance = distance(folder, solution);
              SolveRecord record =
                  new SolveRecord(
                      problem, settings, solution, course.iterations, distance, readSeconds);
              directory.write(solution.x(), JsonReport.trace(record), JsonReport.result(record));
              showEnd(record, results);
              if (showsTable() && labels.isPresent() && solution.status() != Status.FAILED) {
                console.println();
                console.println(explanation(backend, problem, labels.get(), solution.x()));
              }
              return exitCode(solution);
            };
        return Failures.keeping(
            () -> solver.solve(problem, from.x(), course),
            end,
            () -> course.atFailure.filter(best -> best.iterations() > 0));
      }
    }
  }

  /** Keeps the iterations, and prints them. */
  private final class Course implements IterationListener {
    private final NewtonSolver solver;
    private final Interruption interruption;
    private final IterationTable table;
    private final List<Iteration> iterations = new ArrayList<>();
    private Optional<Solution> atFailure = Optional.empty();

    Course(NewtonSolver solver, Interruption interruption, IterationTable table) {
      this.solver = solver;
      this.interruption = interruption;
      this.table = table;
    }

    @Override
    public void onIteration(Iteration iteration) {
      iterations.add(iteration);
      showIteration(table, iteration);
      if (interruption.requested()) {
        solver.interrupt();
      }
    }

    @Override
    public void onFailure(Solution best) {
      atFailure = Optional.of(best);
    }
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
        .run(
            all,
            from.points(),
            most,
            settings,
            results(),
            readSeconds,
            heading);
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
            .withMinima(minima);
    return timeLimit == null ? options : options.withTimeLimit(timeLimit);
  }

  private static OptionalDouble distance(ProblemDirectory folder, Solution solution) {
    return folder
        .xStar()
        .map(xStar -> OptionalDouble.of(SolveRecord.relativeDistance(solution.x(), xStar)))
        .orElse(OptionalDouble.empty());
  }

  private void stop(NewtonSolver solver) {
    console.err().println("Interrupted: ending the step, then writing the best x so far.");
    solver.interrupt();
  }

  private boolean showsTable() {
    return format == OutputFormat.TABLE && !quiet;
  }

  private void showBeginning(
      ProblemMixin.Weighted weighted,
      Start from,
      Backend backend,
      PathDecision decision,
      Path results,
      IterationTable table) {
    if (!showsTable()) {
      return;
    }
    Problem problem = weighted.problem();
    console.println(heading(problem, from));
    weighted
        .chosen()
        .ifPresent(weights -> console.println("Weight   " + WeightsText.line(weights)));
    backends.explain(backend).forEach(line -> console.println("Backend  " + line));
    console.println("Path     " + PathText.line(decision));
    console.println("Steps    " + decision.method().description());
    console.println("Results  " + results);
    console.println();
    console.println(table.header());
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

  private void showIteration(IterationTable table, Iteration iteration) {
    if (showsTable()) {
      console.println(table.row(iteration));
    }
  }

  private void showEnd(SolveRecord record, Path results) {
    if (format == OutputFormat.JSON) {
      console.print(JsonReport.result(record));
    } else if (showsTable()) {
      console.println();
      console.println(SolveSummary.lines(record, results));
      console.println(
          "Written to %s: %s, %s, %s"
              .formatted(
                  results, ResultDirectory.X, ResultDirectory.RESULT, ResultDirectory.TRACE));
    }
  }

  private static List<String> explanation(
      Backend backend, Problem problem, TextLabels labels, double[] x) {
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.moveTo(x);
      return ExplanationText.lines(
          TextExplanation.of(
              labels,
              problem.a2(),
              objective.read(Quantity.PRE_ACTIVATION),
              objective.read(Quantity.SOFTMAX),
              problem.b(),
              MOST_WORDS));
    }
  }

  private static int exitCode(Solution solution) {
    if (solution.converged()) {
      return ExitCode.OK;
    }
    return solution.status() == Status.INTERRUPTED ? ExitCode.INTERRUPTED : ExitCode.NOT_CONVERGED;
  }
}
