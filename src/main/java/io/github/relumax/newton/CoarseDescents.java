package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Workers;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Solves a coarse problem from x0, or twice, where a lower minimum is looked for ({@link Minima}):
 * descents that begin with different damping lose different units, and end in different minima. Of
 * two, the lower end is kept. They share nothing but A1 and A2, so that each has a thread of its
 * own where the backend has such: short steps are hardly faster on several threads than on one.
 */
final class CoarseDescents {
  /** Damping that the second descent begins with, whose first steps are shorter. */
  private static final double SECOND_DAMPING = 10 * Damping.START;

  /**
   * Tolerance at least where kinks hold the minimiser and a residual is left: that moves it from
   * the minimiser of the whole problem by more. The last step, which is shorter, is still taken.
   */
  private static final double TOLERANCE_AT_KINKS = 3e-2;

  private final Backend backend;
  private final Problem problem;
  private final NewtonOptions options;
  private final CoarseSize size;
  private final double[] x0;
  private final BooleanSupplier interrupted;

  CoarseDescents(
      Backend backend,
      Problem problem,
      NewtonOptions options,
      CoarseSize size,
      double[] x0,
      BooleanSupplier interrupted) {
    this.backend = backend;
    this.problem = problem;
    this.options = options;
    this.size = size;
    this.x0 = x0;
    this.interrupted = interrupted;
  }

  /**
   * Where it ended.
   *
   * @param iterations the steps of both descents
   */
  record End(
      double[] x,
      Status status,
      int iterations,
      double loss,
      boolean atKinks,
      Optional<FurtherDescents> further) {}

  /**
   * One descent.
   *
   * @param atKinks whether it came to know about kinks
   * @param rounding of its loss
   * @param leavesMore whether another is wanted after it
   */
  private record Descent(Solution end, boolean atKinks, double rounding, boolean leavesMore) {
    /** One that has not converged is never below one that has. */
    boolean isBelow(Descent other) {
      return end.loss() < other.end.loss() - other.rounding
          && (end.converged() || !other.end.converged());
    }
  }

  /**
   * The lowest end.
   *
   * @param seconds for all descents, at most
   */
  End lowest(double seconds) {
    if (options.minima() == Minima.FIRST) {
      return end(descend(backend, Damping.START, seconds, interrupted));
    }
    List<Backend> threads = size.apart() ? backend.singleThreads() : List.of();
    try {
      return threads.size() < 2 ? oneAfterTheOther(seconds) : atOnce(threads, seconds);
    } finally {
      threads.forEach(Backend::close);
    }
  }

  private End oneAfterTheOther(double seconds) {
    long began = System.nanoTime();
    Descent first = descend(backend, Damping.START, seconds, interrupted);
    double left = seconds - 1e-9 * (System.nanoTime() - began);
    return first.leavesMore() && left > 0 && !interrupted.getAsBoolean()
        ? lower(first, descend(backend, SECOND_DAMPING, left, interrupted))
        : end(first);
  }

  private End atOnce(List<Backend> threads, double seconds) {
    double[] dampings = {Damping.START, SECOND_DAMPING};
    Descent[] descents = new Descent[dampings.length];
    AtomicBoolean stopped = new AtomicBoolean();
    Workers.run(
        threads.subList(0, dampings.length),
        () -> stopped.set(true),
        (number, thread) ->
            descents[number] =
                descend(
                    thread,
                    dampings[number],
                    seconds,
                    () -> stopped.get() || interrupted.getAsBoolean()));
    // As if the second had come after the first.
    return descents[0].leavesMore() ? lower(descents[0], descents[1]) : end(descents[0]);
  }

  private Descent descend(
      Backend by, double damping, double seconds, BooleanSupplier interruptedBy) {
    NewtonOptions own =
        options.withCoarseRows(CoarseRows.NONE).withTimeLimit(Math.max(Double.MIN_VALUE, seconds));
    try (NewtonRun run =
        new NewtonRun(
            by,
            problem,
            own,
            CurvaturePath.KEPT,
            size.method(),
            Optional.empty(),
            IterationListener.none(),
            interruptedBy)) {
      run.beginWithDamping(damping);
      run.toleranceAtKinks(Math.max(options.tolerance(), TOLERANCE_AT_KINKS));
      Solution end = run.solveOnce(x0);
      boolean leavesMore = run.leavesMore(end.status());
      return new Descent(end, run.knowsKinks(), run.lossRounding(), leavesMore);
    }
  }

  private static End end(Descent only) {
    Solution at = only.end();
    return new End(
        at.x(), at.status(), at.iterations(), at.loss(), only.atKinks(), Optional.empty());
  }

  private static End lower(Descent first, Descent second) {
    boolean below = second.isBelow(first);
    End kept = end(below ? second : first);
    FurtherDescents further =
        new FurtherDescents(
            1,
            below ? 1 : 0,
            second.end().iterations(),
            second.end().seconds(),
            first.end().loss());
    return new End(
        kept.x(),
        kept.status(),
        first.end().iterations() + second.end().iterations(),
        kept.loss(),
        kept.atKinks(),
        Optional.of(further));
  }
}
