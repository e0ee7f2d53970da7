package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.MeteredBackend;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.IterationListener;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.report.BenchmarkRecord;
import io.github.relumax.report.BenchmarkSettings;
import io.github.relumax.report.BenchmarkSolve;
import io.github.relumax.report.Machine;
import io.github.relumax.report.PhaseMeter;
import io.github.relumax.report.SolveRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Solves one problem repeatedly and measures the ceilings in between. */
final class Benchmark {
  private final Backend backend;
  private final MeteredBackend metered;
  private final BenchmarkSettings settings;
  private final BenchmarkProblem input;
  private final NewtonOptions options;
  private final NewtonSolver solver;

  /**
   * @param input the problem that the settings describe
   * @param options of the solves
   */
  Benchmark(
      Backend backend, BenchmarkSettings settings, BenchmarkProblem input, NewtonOptions options) {
    this.backend = backend;
    this.settings = settings;
    this.input = input;
    this.options = options;
    metered = new MeteredBackend(backend);
    solver = new NewtonSolver(metered, options);
  }

  /**
   * Measures.
   *
   * @param prepareSeconds what drawing or reading the problem took, for the record
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  BenchmarkRecord run(double prepareSeconds, Progress progress) {
    BenchmarkSolve cold = solve();
    // Before the ceilings take memory of their own.
    OptionalLong peakBytes = Machine.peakResidentBytes();
    List<BenchmarkSolve> warmUp = new ArrayList<>();
    List<BenchmarkSolve> warm = new ArrayList<>();
    double all = settings.warmUp() + settings.repeat();
    for (int i = 0; i < settings.warmUp(); i++) {
      progress.report("warming up", i / all);
      warmUp.add(solve());
    }
    try (Ceilings ceilings = new Ceilings(backend)) {
      ceilings.warmUp();
      for (int i = 0; i < settings.repeat(); i++) {
        progress.report("solving", (settings.warmUp() + i) / all);
        ceilings.measure();
        warm.add(solve());
      }
      double sampledRows =
          StepMethod.usualRows(backend, settings.m(), settings.d(), options.sampling());
      long nonZeros = input.problem().a2().nonZeros();
      return new BenchmarkRecord(
          settings,
          prepareSeconds,
          cold,
          warmUp,
          warm,
          ceilings.results(),
          sampledRows,
          nonZeros,
          backend.compressedBytes(settings.m(), settings.n(), nonZeros),
          peakBytes);
    }
  }

  private BenchmarkSolve solve() {
    Course course = new Course();
    Solution solution = solver.solve(input.problem(), input.x0(), course);
    return new BenchmarkSolve(
        solution,
        distance(solution.x()),
        course.secondsToNear,
        BenchmarkSolve.secondsToLoss(course.iterations, solution),
        course.meter.work());
  }

  private OptionalDouble distance(double[] x) {
    return input
        .xStar()
        .map(xStar -> OptionalDouble.of(SolveRecord.relativeDistance(x, xStar)))
        .orElse(OptionalDouble.empty());
  }

  /** Meters a solve, and sees when it is near x*. */
  private final class Course implements IterationListener {
    final PhaseMeter meter = new PhaseMeter(metered);
    OptionalDouble secondsToNear = OptionalDouble.empty();
    final List<Iteration> iterations = new ArrayList<>();

    @Override
    public void onIteration(Iteration iteration) {
      iterations.add(iteration);
    }

    @Override
    public void onPoint(Supplier<double[]> x) {
      if (secondsToNear.isEmpty() && distance(x.get()).orElse(1) <= BenchmarkSolve.NEAR) {
        secondsToNear = OptionalDouble.of(iterations.getLast().seconds());
      }
    }

    @Override
    public void phaseBegins(Phase phase) {
      meter.phaseBegins(phase);
    }

    @Override
    public void phaseEnds(Phase phase) {
      meter.phaseEnds(phase);
    }
  }
}
