package io.github.relumax.newton;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way of one of two descents, whose lower end is kept. It is given up where the other one has
 * converged in as few steps or fewer, and as much again as its last steps gained would not bring it
 * below that: most of those end higher, and the slower descent is the one that is waited for.
 *
 * <p>Steps are compared, not times, so that the same is given up whenever somebody asks. One thread
 * writes it, and any may ask.
 */
final class DescentCourse implements IterationListener {
  /** So many last steps. */
  private static final int STEPS = 3;

  /**
   * A point on the way.
   *
   * @param number of steps to it
   */
  record Point(int number, double loss) {}

  private final List<Point> points = new ArrayList<>();
  private boolean converged;

  @Override
  public synchronized void onIteration(Iteration iteration) {
    points.add(new Point(iteration.number(), iteration.loss()));
  }

  /** The last point is one that the descent has converged to. */
  synchronized void converged() {
    converged = true;
  }

  /** The point that it is given up at; empty where it is to go on, or went on to its end. */
  Optional<Point> givenUp(DescentCourse other) {
    return other.end().flatMap(this::notBelow);
  }

  private synchronized Optional<Point> end() {
    return converged ? Optional.of(points.getLast()) : Optional.empty();
  }

  private synchronized Optional<Point> notBelow(Point end) {
    for (int k = 0; k < points.size(); k++) {
      Point at = points.get(k);
      double gained = points.get(Math.max(0, k - STEPS)).loss - at.loss;
      if (at.number >= end.number && at.loss - gained > end.loss) {
        return Optional.of(at);
      }
    }
    return Optional.empty();
  }
}
