package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.random.Philox;
import io.github.relumax.theory.LipschitzEstimate.Direction;

/**
 * Looks for the direction u along which the Hessian changes most, ‖Hess(x + t u) - Hess(x)‖ / t,
 * with steps that turn no unit on or off. Inside the region the Hessian's derivative is a symmetric
 * tensor T, and the largest ‖T u‖ is attained where u is the eigenvector of T u that it belongs to
 * (Banach): so after some random directions the search goes on with the eigenvector of the largest
 * change, while that makes it larger.
 */
final class LipschitzSearch implements AutoCloseable {
  private static final int RANDOM_DIRECTIONS = 8;
  private static final int MOST_ASCENT_STEPS = 10;

  /** An ascent that gains less than this has arrived. */
  private static final double LEAST_GAIN = 1e-2;

  /** Lengths of steps, as shares of the room there is: from across the region to near x. */
  private static final double[] SHARES = {0.5, 0.5 / 16, 0.5 / 256};

  /** Below this multiple of ‖x‖, rounding makes x + t u another step than t u. */
  private static final double SHORTEST = 1e-10;

  private static final int DIRECTION_STREAM = 9;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final Kinks kinks;
  private final ExtremeEigenvalues eigenvalues;
  private final Buffer hessian;
  private final double rounding;
  private final double[] x;
  private final double size;
  private final Owned owned;
  private final Buffer direction;
  private final Buffer change;

  private double best;
  private double bestStep = Double.NaN;
  private Direction bestDirection = Direction.RANDOM;
  private double[] bestVector;

  /**
   * @param objective stands at x, and does again after {@link #search}
   * @param hessian at x
   * @param rounding of the Hessian's eigenvalues
   */
  LipschitzSearch(
      Backend backend,
      SoftmaxReluObjective objective,
      Kinks kinks,
      ExtremeEigenvalues eigenvalues,
      Buffer hessian,
      double rounding,
      double[] x) {
    this.backend = backend;
    this.objective = objective;
    this.kinks = kinks;
    this.eigenvalues = eigenvalues;
    this.hessian = hessian;
    this.rounding = rounding;
    this.x = x;
    size = Vectors.norm(x);
    owned = new Owned(backend);
    try {
      direction = owned.allocate(1, x.length);
      change = owned.allocate(x.length, x.length);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Tries the direction to another point, no farther than that point. */
  void tryTowards(double[] point, Direction name) {
    double[] way = Vectors.difference(point, x);
    double length = Vectors.norm(way);
    if (length > 0) {
      double[] u = Vectors.unit(way);
      tryAlong(u, Math.min(length, kinks.room(u)), name);
    }
  }

  /** Tries random directions, then ascends. */
  LipschitzEstimate search(long seed) {
    Philox random = new Philox(seed);
    double[] normals = new double[x.length];
    for (int k = 0; k < RANDOM_DIRECTIONS; k++) {
      random.normals(DIRECTION_STREAM, (long) k * normals.length, normals);
      tryBothWays(Vectors.unit(normals), Direction.RANDOM);
    }
    int steps = 0;
    double before = 0;
    while (steps < MOST_ASCENT_STEPS && best > (1 + LEAST_GAIN) * before) {
      before = best;
      tryBothWays(bestVector, Direction.ASCENT);
      steps++;
    }
    return new LipschitzEstimate(
        best > 0 ? best : Double.NaN, bestStep, bestDirection, RANDOM_DIRECTIONS, steps);
  }

  /** Along u or -u, where there is more room. */
  private void tryBothWays(double[] u, Direction name) {
    double[] back = Vectors.difference(new double[u.length], u);
    double forwardRoom = kinks.room(u);
    double backRoom = kinks.room(back);
    if (forwardRoom >= backRoom) {
      tryAlong(u, forwardRoom, name);
    } else {
      tryAlong(back, backRoom, name);
    }
  }

  private void tryAlong(double[] u, double room, Direction name) {
    double longest = Math.min(room, size);
    backend.write(u, direction);
    for (double share : SHARES) {
      double t = share * longest;
      if (!(t >= SHORTEST * size) || !step(t)) {
        continue;
      }
      // Both matrices are rounded.
      double quotient = (Math.abs(eigenvalues.largest(change).value()) - 2 * rounding) / t;
      if (quotient > best) {
        best = quotient;
        bestStep = t;
        bestDirection = name;
        bestVector = new double[x.length];
        backend.read(eigenvalues.vector(), bestVector);
      }
    }
  }

  /** change = Hess(x + t u) - Hess(x); false where there is none or a unit turned after all. */
  private boolean step(double t) {
    objective.tryPoints(direction, new double[] {t});
    Evaluation there = objective.accept(0);
    boolean inside = there.flips() == 0 && there.isFinite();
    if (inside) {
      backend.combine(1, objective.curvature(CurvatureForm.EXACT), -1, hessian, change);
    }
    objective.tryPoints(direction, new double[] {-t});
    objective.accept(0);
    return inside;
  }

  @Override
  public void close() {
    owned.close();
  }
}
