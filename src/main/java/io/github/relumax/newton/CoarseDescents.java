package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.SharedUploads;
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
 * two, the lower end is kept; one that will hardly be it is given up ({@link DescentCourse}). They
 * share nothing but A1 and A2, so that each has a thread of its own where the backend has such:
 * short steps are hardly faster on several threads than on one.
 */
final class CoarseDescents {
  /** Damping that each descent begins with; the first steps of the second are shorter. */
  private static final double[] DAMPINGS = {Damping.START, 10 * Damping.START};

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
  private final List<DescentCourse> courses = List.of(new DescentCourse(), new DescentCourse());

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
   * @param lossless whether no loss is left there
   */
  record End(
      double[] x,
      Status status,
      int iterations,
      double loss,
      boolean lossless,
      boolean atKinks,
      Optional<FurtherDescents> further) {}

  /**
   * One descent.
   *
   * @param lossless whether it left no loss
   * @param atKinks whether it came to know about kinks
   * @param rounding of its loss
   * @param leavesMore whether another is wanted beside it
   */
  private record Descent(
      Solution end, boolean lossless, boolean atKinks, double rounding, boolean leavesMore) {
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
      return end(descend(0, backend, seconds, interrupted));
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
    Descent first = descend(0, backend, seconds, interrupted);
    double left = seconds - 1e-9 * (System.nanoTime() - began);
    return first.leavesMore() && left > 0 && !interrupted.getAsBoolean()
        ? lower(first, descend(1, backend, left, interrupted))
        : end(first);
  }

  private End atOnce(List<Backend> threads, double seconds) {
    Descent[] descents = new Descent[DAMPINGS.length];
    AtomicBoolean stopped = new AtomicBoolean();
    BooleanSupplier ends = () -> stopped.get() || interrupted.getAsBoolean();
    try (SharedUploads shared = new SharedUploads(backend, List.of(problem.a2()))) {
      // Now, by all threads.
      shared.upload(problem.a2()).close();
      Workers.run(
          threads.subList(0, descents.length),
          () -> stopped.set(true),
          (number, thread) ->
              descents[number] = descend(number, shared.with(thread), seconds, ends));
    }
    // As if the second had come after the first.
    return descents[0].leavesMore() ? lower(descents[0], descents[1]) : end(descents[0]);
  }

  private Descent descend(int number, Backend by, double seconds, BooleanSupplier interruptedBy) {
    NewtonOptions own =
        options.withCoarseRows(CoarseRows.NONE).withTimeLimit(Math.max(Double.MIN_VALUE, seconds));
    // Of the first one, auto asks more than where it ends.
    BooleanSupplier stops =
        () -> (number > 0 || options.minima() == Minima.LOWER) && givenUp(number).isPresent();
    try (NewtonRun run =
        new NewtonRun(
            by,
            problem,
            own,
            CurvaturePath.KEPT,
            size.method(),
            Optional.empty(),
            courses.get(number),
            () -> stops.getAsBoolean() || interruptedBy.getAsBoolean())) {
      run.beginWithDamping(DAMPINGS[number]);
      run.toleranceAtKinks(Math.max(options.tolerance(), TOLERANCE_AT_KINKS));
      Solution end = run.solveOnce(x0);
      if (end.converged()) {
        courses.get(number).converged();
      }
      boolean leavesMore = run.leavesMore(end.status()) || stops.getAsBoolean();
      return new Descent(
          end, run.lossIsRounding(), run.knowsKinks(), run.lossRounding(), leavesMore);
    }
  }

  /** Where a descent is given up; the first one only for a rival. */
  private Optional<DescentCourse.Point> givenUp(int number) {
    return number > 0 || size.rivals()
        ? courses.get(number).givenUp(courses.get(1 - number))
        : Optional.empty();
  }

  private static End end(Descent only) {
    Solution at = only.end();
    return new End(
        at.x(),
        at.status(),
        at.iterations(),
        at.loss(),
        only.lossless(),
        only.atKinks(),
        Optional.empty());
  }

  private End lower(Descent first, Descent second) {
    boolean below = givenUp(0).isPresent() || (givenUp(1).isEmpty() && second.isBelow(first));
    End kept = end(below ? second : first);
    int steps = steps(1, second);
    FurtherDescents further =
        new FurtherDescents(
            1,
            below ? 1 : 0,
            steps,
            second.end().seconds(),
            givenUp(0).map(DescentCourse.Point::loss).orElse(first.end().loss()));
    return new End(
        kept.x(),
        kept.status(),
        steps(0, first) + steps,
        kept.loss(),
        kept.lossless(),
        kept.atKinks(),
        Optional.of(further));
  }

  private int steps(int number, Descent descent) {
    return givenUp(number).map(DescentCourse.Point::number).orElse(descent.end().iterations());
  }
}
