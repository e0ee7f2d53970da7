package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.ResultDirectory;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import io.github.relumax.newton.TargetListener;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.report.Format;
import io.github.relumax.report.PathText;
import io.github.relumax.report.SolveRecord;
import io.github.relumax.report.SolveSettings;
import io.github.relumax.report.TargetsJson;
import io.github.relumax.report.TargetsRecord;
import io.github.relumax.report.TargetsText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToIntFunction;

/** {@code relumax solve --targets}: many targets on one A1 and A2. */
final class TargetsSolve {
  private final Console console;
  private final BackendMixin backends;
  private final OutputFormat format;
  private final boolean showsTable;

  TargetsSolve(Console console, BackendMixin backends, OutputFormat format, boolean showsTable) {
    this.console = console;
    this.backends = backends;
    this.format = format;
    this.showsTable = showsTable;
  }

  /**
   * Solves and writes the results.
   *
   * @param starts a point for each target, or one for all
   * @param atOnce targets under way at once, at most
   * @param heading what to print first
   * @return the exit code
   */
  int run(
      Targets targets,
      double[][] starts,
      int atOnce,
      SolveSettings settings,
      Path results,
      double readSeconds,
      List<String> heading) {
    Problem problem = targets.common();
    long bytes = 8L * problem.d() * targets.count() + SingleSolve.TEXT_BYTES;
    try (Backend backend = backends.open();
        ResultDirectory directory = ResultDirectory.open(results, bytes)) {
      PathDecision decision = Memory.requireSolve(backend, problem, settings.options());
      NewtonSolver solver =
          new NewtonSolver(backend, settings.options().withPath(PathChoice.of(decision.path())));
      try (Interruption interruption = Interruption.guard(() -> stop(solver))) {
        showBeginning(heading, backend, decision, results);
        Progress progress = new Progress(solver, interruption, targets.count());
        long began = System.nanoTime();
        ToIntFunction<List<Solution>> end =
            solutions -> {
              double seconds = 1e-9 * (System.nanoTime() - began);
              // Writing files fails on a thread that is marked as interrupted.
              Thread.interrupted();
              List<SolveRecord> solves = new ArrayList<>();
              for (int target = 0; target < solutions.size(); target++) {
                solves.add(
                    new SolveRecord(
                        problem,
                        settings,
                        solutions.get(target),
                        progress.iterations.get(target),
                        OptionalDouble.empty(),
                        readSeconds));
              }
              TargetsRecord record =
                  new TargetsRecord(solves, progress.atOnce, seconds, readSeconds);
              String json = TargetsJson.result(record);
              directory.write(points(solutions), TargetsJson.trace(record), json);
              showEnd(record, json, results);
              return exitCode(record);
            };
        return Failures.keeping(
            () -> solver.solve(targets, starts, atOnce, progress),
            end,
            () -> progress.atFailure.filter(TargetsSolve::isWorthKeeping));
      }
    }
  }

  /** Whether any target got further than its start. */
  private static boolean isWorthKeeping(List<Solution> solutions) {
    return solutions.stream()
        .anyMatch(solution -> solution.converged() || solution.iterations() > 0);
  }

  /** Keeps the iterations, and prints a line for each target that ends. */
  private final class Progress implements TargetListener {
    private final NewtonSolver solver;
    private final Interruption interruption;
    private final List<List<Iteration>> iterations = new ArrayList<>();
    private int atOnce;
    private Optional<List<Solution>> atFailure = Optional.empty();

    Progress(NewtonSolver solver, Interruption interruption, int targets) {
      this.solver = solver;
      this.interruption = interruption;
      for (int target = 0; target < targets; target++) {
        iterations.add(new ArrayList<>());
      }
    }

    @Override
    public void onBegin(int most) {
      atOnce = most;
      if (showsTable) {
        console.println("At once  %s of %s targets".formatted(most, iterations.size()));
        console.println();
        console.println(TargetsText.header());
      }
      stopIfRequested();
    }

    @Override
    public void onIteration(int target, Iteration iteration) {
      iterations.get(target).add(iteration);
      stopIfRequested();
    }

    @Override
    public void onSolution(int target, Solution solution) {
      if (showsTable) {
        console.println(TargetsText.row(target, solution));
      }
    }

    @Override
    public void onFailure(List<Solution> solutions) {
      atFailure = Optional.of(solutions);
    }

    /** A request may have come before there was a solve to interrupt. */
    private void stopIfRequested() {
      if (interruption.requested()) {
        solver.interrupt();
      }
    }
  }

  private void stop(NewtonSolver solver) {
    console
        .err()
        .println(
            "Interrupted: ending the steps under way, then writing the best x of each target.");
    solver.interrupt();
  }

  private void showBeginning(
      List<String> heading, Backend backend, PathDecision decision, Path results) {
    if (!showsTable) {
      return;
    }
    console.println(heading);
    backends.explain(backend).forEach(line -> console.println("Backend  " + line));
    console.println(PathText.lines(decision));
    console.println("Results  " + results);
  }

  private void showEnd(TargetsRecord record, String json, Path results) {
    if (format == OutputFormat.JSON) {
      console.print(json);
    } else if (showsTable) {
      console.println();
      console.println(TargetsText.summary(record, results));
      console.println(
          "Written to %s: %s (%s x %s), %s, %s"
              .formatted(
                  results,
                  ResultDirectory.X,
                  Format.count(record.solves().size()),
                  Format.count(record.solves().getFirst().problem().d()),
                  ResultDirectory.RESULT,
                  ResultDirectory.TRACE));
    }
  }

  private static Matrix points(List<Solution> solutions) {
    return Matrix.of(solutions.stream().map(Solution::x).toArray(double[][]::new));
  }

  private static int exitCode(TargetsRecord record) {
    if (record.converged() == record.solves().size()) {
      return ExitCode.OK;
    }
    return record.ends().containsKey(Status.INTERRUPTED)
        ? ExitCode.INTERRUPTED
        : ExitCode.NOT_CONVERGED;
  }
}
