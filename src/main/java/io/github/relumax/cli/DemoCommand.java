package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import io.github.relumax.report.CoarseText;
import io.github.relumax.report.Format;
import io.github.relumax.report.IterationTable;
import io.github.relumax.report.SolveRecord;
import io.github.relumax.report.SolveSummary;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code relumax demo}: solves a problem whose answer is known and says how close it came. */
@Command(
    name = "demo",
    sortOptions = false,
    description = "Makes a problem whose answer is known, solves it, and says how close it came.")
final class DemoCommand implements Callable<Integer> {
  private static final int M = 10_000;
  private static final int N = 512;
  private static final int D = 64;
  private static final double SCALE = 4;
  private static final double START_DISTANCE = 0.3;
  private static final double NEAR = 1e-8;
  private static final int FEW_ITERATIONS = 30;

  private final Console console;

  @Mixin private BackendMixin backends;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (Backend backend = backends.open()) {
      console.println("Softmax-ReLU regression: find x that minimises");
      console.println("    L(x) = 1/2 ‖softmax(A2 relu(A1 x)) - b‖²");
      console.println();
      console.println(
          "A1 (%s x %s) and A2 (%s x %s) are random. b is made from a secret x*, so L(x*) = 0,"
              .formatted(N, D, Format.count(M), N));
      console.println("and the solver, which is not told x*, has to find it.");
      long began = System.nanoTime();
      PlantedProblem planted =
          console.during(
              "drawing the problem",
              _ ->
                  PlantedProblem.generate(
                      M, N, D, SCALE, 0, ElementType.FLOAT64, START_DISTANCE, 1));
      console.println(
          "Made in %s. It starts at x0 with ‖x0 - x*‖ / ‖x*‖ = %s."
              .formatted(
                  Format.seconds(1e-9 * (System.nanoTime() - began)),
                  Format.fixed(SolveRecord.relativeDistance(planted.x0(), planted.xStar()), 2)));
      backends.explain(backend).forEach(line -> console.println("Backend: " + line + "."));
      console.println();
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      IterationTable table = new IterationTable(solver.method(planted.problem()));
      console.println(table.header());
      Solution solution =
          solver.solve(
              planted.problem(), planted.x0(), iteration -> console.println(table.row(iteration)));
      console.println();
      return verdict(solution, SolveRecord.relativeDistance(solution.x(), planted.xStar()));
    }
  }

  private int verdict(Solution solution, double distance) {
    boolean found = distance <= NEAR;
    boolean quick = solution.iterations() < FEW_ITERATIONS;
    boolean done = solution.converged() && found && quick;
    console.println(
        "%s: ‖x - x*‖ / ‖x*‖ = %s (wanted: %s at most) after %s iterations (wanted: below %s)."
            .formatted(
                done ? "Found x*" : "Did not find x*",
                Format.scientific(distance),
                Format.scientific(NEAR, 0),
                solution.iterations(),
                FEW_ITERATIONS));
    solution.coarse().ifPresent(coarse -> console.println(CoarseText.firstStep(coarse)));
    console.println("The solver stopped because " + solution.status().meaning() + ".");
    console.println(
        "It took %s: %s."
            .formatted(Format.seconds(solution.seconds()), SolveSummary.phases(solution)));
    console.println();
    console.println("Next: relumax generate p --m 20000 --n 1024 --d 128");
    console.println("      relumax solve p");
    return done ? ExitCode.OK : ExitCode.NOT_CONVERGED;
  }
}
