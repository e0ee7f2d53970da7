package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Solution;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.report.BenchmarkRecord;
import io.github.relumax.report.BenchmarkSettings;
import io.github.relumax.report.BenchmarkSolve;
import io.github.relumax.report.Machine;
import io.github.relumax.report.SolveRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Solves one planted problem repeatedly and measures the ceilings in between. */
final class Benchmark {
  private final Backend backend;
  private final BenchmarkSettings settings;
  private final PlantedProblem planted;
  private final NewtonSolver solver;

  /**
   * @param planted the problem that the settings describe
   * @param path of the solves
   */
  Benchmark(
      Backend backend, BenchmarkSettings settings, PlantedProblem planted, CurvaturePath path) {
    this.backend = backend;
    this.settings = settings;
    this.planted = planted;
    solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS.withPath(PathChoice.of(path)));
  }

  /**
   * Measures.
   *
   * @param generateSeconds what drawing the problem took, for the record
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  BenchmarkRecord run(double generateSeconds, Progress progress) {
    BenchmarkSolve cold = solve();
    // Before the ceilings take memory of their own.
    OptionalLong peakBytes = Machine.peakResidentBytes();
    List<BenchmarkSolve> warm = new ArrayList<>();
    try (Ceilings ceilings = new Ceilings(backend)) {
      ceilings.warmUp();
      for (int i = 0; i < settings.repeat(); i++) {
        progress.report("solving", (double) i / settings.repeat());
        ceilings.measure();
        warm.add(solve());
      }
      return new BenchmarkRecord(
          settings, generateSeconds, cold, warm, ceilings.results(), peakBytes);
    }
  }

  private BenchmarkSolve solve() {
    Solution solution = solver.solve(planted.problem(), planted.x0());
    return new BenchmarkSolve(
        solution, SolveRecord.relativeDistance(solution.x(), planted.xStar()));
  }
}
