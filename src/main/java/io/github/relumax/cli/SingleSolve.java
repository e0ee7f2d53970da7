package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.cli.StartMixin.Start;
import io.github.relumax.io.ResultDirectory;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.IterationListener;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.plan.PathDecision;
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
import java.util.function.ToIntFunction;

/** {@code relumax solve} of one target. */
final class SingleSolve {
  /** Room for result.json and a trace of usual length. */
  static final int TEXT_BYTES = 1 << 16;

  /** Words, and anchors, that a text problem's solution is told by. */
  private static final int MOST_WORDS = 15;

  private final Console console;
  private final ProblemMixin input;
  private final BackendMixin backends;
  private final OutputFormat format;
  private final boolean showsTable;

  SingleSolve(
      Console console,
      ProblemMixin input,
      BackendMixin backends,
      OutputFormat format,
      boolean showsTable) {
    this.console = console;
    this.input = input;
    this.backends = backends;
    this.format = format;
    this.showsTable = showsTable;
  }

  /**
   * What was read of a problem folder.
   *
   * @param problem without W where that is yet to be chosen
   * @param xStar what the solution is compared with
   * @param labels of a text problem
   * @param seconds that reading took
   */
  record Reading(
      Problem problem,
      Start start,
      Optional<double[]> xStar,
      Optional<TextLabels> labels,
      double seconds) {}

  /**
   * Chooses W where that was asked for, solves and writes the results.
   *
   * @param heading what to print first
   * @return the exit code
   */
  int run(Reading reading, NewtonOptions options, Path results, List<String> heading) {
    Problem unweighted = reading.problem();
    Start from = reading.start();
    long bytes = 8L * unweighted.d() + TEXT_BYTES;
    try (Backend backend = backends.open();
        ResultDirectory directory = ResultDirectory.open(results, bytes)) {
      PathDecision decision = Memory.requireSolve(backend, unweighted, options);
      IterationTable table = new IterationTable(decision.method());
      NewtonSolver solver =
          new NewtonSolver(backend, options.withPath(PathChoice.of(decision.path())));
      try (Interruption interruption = Interruption.guard(() -> stop(solver))) {
        ProblemMixin.Weighted weighted =
            input.weigh(backend, unweighted, unweighted.intoBall(from.x()), console);
        Problem problem = weighted.problem();
        showBeginning(heading, weighted, backend, decision, results, table);
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
              SolveRecord record =
                  new SolveRecord(
                      problem,
                      settings,
                      solution,
                      course.iterations,
                      distance(solution, reading.xStar()),
                      reading.seconds());
              directory.write(solution.x(), JsonReport.trace(record), JsonReport.result(record));
              showEnd(record, results);
              if (solution.status() != Status.FAILED) {
                reading.labels().ifPresent(labels -> explain(backend, problem, labels, solution));
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
      if (showsTable) {
        console.println(table.row(iteration));
      }
      if (interruption.requested()) {
        solver.interrupt();
      }
    }

    @Override
    public void onFailure(Solution best) {
      atFailure = Optional.of(best);
    }
  }

  private static OptionalDouble distance(Solution solution, Optional<double[]> xStar) {
    return xStar
        .map(star -> OptionalDouble.of(SolveRecord.relativeDistance(solution.x(), star)))
        .orElse(OptionalDouble.empty());
  }

  private void stop(NewtonSolver solver) {
    console.err().println("Interrupted: ending the step, then writing the best x so far.");
    solver.interrupt();
  }

  private void showBeginning(
      List<String> heading,
      ProblemMixin.Weighted weighted,
      Backend backend,
      PathDecision decision,
      Path results,
      IterationTable table) {
    if (!showsTable) {
      return;
    }
    console.println(heading);
    weighted
        .chosen()
        .ifPresent(weights -> console.println("Weight   " + WeightsText.line(weights)));
    backends.explain(backend).forEach(line -> console.println("Backend  " + line));
    console.println(PathText.lines(decision));
    console.println("Results  " + results);
    console.println();
    console.println(table.header());
  }

  private void showEnd(SolveRecord record, Path results) {
    if (format == OutputFormat.JSON) {
      console.print(JsonReport.result(record));
    } else if (showsTable) {
      console.println();
      console.println(SolveSummary.lines(record, results));
      console.println(
          "Written to %s: %s, %s, %s"
              .formatted(
                  results, ResultDirectory.X, ResultDirectory.RESULT, ResultDirectory.TRACE));
    }
  }

  /** Prints what the solution of a text problem says. */
  private void explain(Backend backend, Problem problem, TextLabels labels, Solution solution) {
    if (!showsTable) {
      return;
    }
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.moveTo(solution.x());
      TextExplanation explanation =
          TextExplanation.of(
              labels,
              problem.a2(),
              objective.read(Quantity.PRE_ACTIVATION),
              objective.read(Quantity.SOFTMAX),
              problem.b(),
              MOST_WORDS);
      console.println();
      console.println(ExplanationText.lines(explanation));
    }
  }

  private static int exitCode(Solution solution) {
    if (solution.converged()) {
      return ExitCode.OK;
    }
    return solution.status() == Status.INTERRUPTED ? ExitCode.INTERRUPTED : ExitCode.NOT_CONVERGED;
  }
}
