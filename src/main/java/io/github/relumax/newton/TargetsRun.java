package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Lanes;
import io.github.relumax.backend.SharedUploads;
import io.github.relumax.backend.Workers;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One solve of many targets. Several are under way at once, each a {@link NewtonRun} as if it were
 * alone; where one has ended the next one begins. Products with A2 are done for all together
 * ({@link Lanes}). Where A2 is kept as its non-zeros these are little beside what each target needs
 * of its own, and every target has one thread instead ({@link Workers}). C at a start that all have
 * in common is formed once.
 */
final class TargetsRun {
  private final SharedUploads backend;
  private final Targets targets;
  private final NewtonOptions options;
  private final CurvaturePath path;
  private final StepMethod method;
  private final Optional<CoarseSize> coarse;
  private final int lanes;

  /** Where each target has a thread: their backends. */
  private final List<Backend> workers;

  private final TargetListener listener;
  private final BooleanSupplier interrupted;
  private final Runnable onInterrupt;
  private final long began = System.nanoTime();
  private final Solution[] solutions;
  private int next;

  TargetsRun(
      SharedUploads backend,
      Targets targets,
      NewtonOptions options,
      CurvaturePath path,
      StepMethod method,
      Optional<CoarseSize> coarse,
      int lanes,
      List<Backend> workers,
      TargetListener listener,
      BooleanSupplier interrupted,
      Runnable onInterrupt) {
    this.backend = backend;
    this.targets = targets;
    this.options = options;
    this.path = path;
    this.method = method;
    this.coarse = coarse;
    this.lanes = lanes;
    this.workers = workers.stream().map(backend::with).toList();
    this.listener = listener;
    this.interrupted = interrupted;
    this.onInterrupt = onInterrupt;
    solutions = new Solution[targets.count()];
  }

  /**
   * Solves all targets.
   *
   * @param starts a point for each, or one for all
   */
  List<Solution> solve(double[][] starts) {
    listener.onBegin(lanes);
    try {
      // Of a common start no more than f is wanted where coarse problems come first.
      if (starts.length == 1 && lanes > 1 && coarse.isEmpty()) {
        Problem problem = targets.problem(0);
        try (SoftmaxReluObjective start = new SoftmaxReluObjective(backend, problem, 1, path)) {
          start.startAt(problem.intoBall(starts[0]));
          solve(starts, start);
        }
      } else {
        solve(starts, null);
      }
    } catch (RuntimeException | Error e) {
      listener.onFailure(all(starts, Status.INTERRUPTED));
      throw e;
    }
    return all(starts, interrupted.getAsBoolean() ? Status.INTERRUPTED : Status.TIME_LIMIT);
  }

  /** Every solution; a target without one has not begun, for which {@code why} stands. */
  private List<Solution> all(double[][] starts, Status why) {
    for (int target = 0; target < solutions.length; target++) {
      if (solutions[target] == null) {
        solutions[target] = notBegun(start(starts, target), why);
      }
    }
    return List.copyOf(Arrays.asList(solutions));
  }

  /**
   * @param common at the start of all, or null
   */
  private void solve(double[][] starts, SoftmaxReluObjective common) {
    Lanes.Work work =
        (_, lane) -> {
          for (int target = begin(); target >= 0; target = begin()) {
            double[] x0 = start(starts, target);
            try {
              end(target, solve(lane, target, x0, common));
            } catch (RuntimeException | Error e) {
              failed(target, () -> notBegun(x0, NewtonRun.failure(e)));
              throw e;
            }
          }
        };
    if (workers.isEmpty()) {
      Lanes.run(backend, targets.common().a2(), lanes, NewtonRun.MOST_ROWS, onInterrupt, work);
    } else {
      Workers.run(workers, onInterrupt, work);
    }
  }

  /** The next target, or -1 where there is none to begin with. */
  private synchronized int begin() {
    return next < solutions.length && !isStopped() ? next++ : -1;
  }

  private synchronized void end(int target, Solution solution) {
    solutions[target] = solution;
    listener.onSolution(target, solution);
  }

  /** Keeps what a target came to whose work failed, unless that is known. */
  private synchronized void failed(int target, Supplier<Solution> solution) {
    if (solutions[target] == null) {
      solutions[target] = solution.get();
    }
  }

  private synchronized void iteration(int target, Iteration iteration) {
    listener.onIteration(target, iteration);
  }

  private Solution solve(Backend lane, int target, double[] x0, SoftmaxReluObjective common) {
    double left = Math.max(Double.MIN_VALUE, options.timeLimit() - seconds());
    NewtonOptions rest = options.withTimeLimit(left);
    IterationListener one =
        new IterationListener() {
          @Override
          public void onIteration(Iteration iteration) {
            iteration(target, iteration);
          }

          @Override
          public void onFailure(Solution best) {
            failed(target, () -> best);
          }
        };
    try (NewtonRun run =
        new NewtonRun(
            lane, targets.problem(target), rest, path, method, coarse, one, interrupted)) {
      return common == null ? run.solve(x0) : run.solve(common);
    }
  }

  private static double[] start(double[][] starts, int target) {
    return starts[starts.length == 1 ? 0 : target];
  }

  /** Seconds since the first target began. */
  private double seconds() {
    return 1e-9 * (System.nanoTime() - began);
  }

  private boolean isStopped() {
    return interrupted.getAsBoolean() || seconds() >= options.timeLimit();
  }

  /** What becomes of a target that there was no time for, or no more. */
  private Solution notBegun(double[] x0, Status why) {
    return new Solution(
        targets.common().intoBall(x0),
        why,
        0,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        0,
        0,
        path,
        method,
        backend.description(),
        Optional.empty(),
        Optional.empty(),
        0,
        Map.of());
  }
}
