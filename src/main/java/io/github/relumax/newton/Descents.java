package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.SoftmaxReluObjective;

/**
 * Lower minima. A descent switches units off for good: it begins with many more active units than x
 * has entries, and kinks stop it once there are about as many as that. Which ones are left differs
 * with every step on the way, and so does the minimum. Long steps lose the wrong ones: where the
 * first descent narrows ({@link #pass}) its steps become short again. Further descents begin at the
 * fork, the last point of the first descent with at least {@link #SPARE} d active units, each with
 * another damping, and the lowest end is kept. They share everything that the solve holds on the
 * backend, and the first steps.
 */
final class Descents implements AutoCloseable {
  /** Damping that each further descent begins with. */
  static final double[] DAMPINGS = {1e-1, 1e-3, 1e-5};

  /** A further descent takes at most so many times the steps of the first. */
  static final int LONGER = 2;

  /** Active units for each entry of x that leave a choice. */
  private static final double SPARE = 1.5;

  /** Where less than this part of the loss at x0 is left, little is to be gained. */
  private static final double REMAINS = 1e-3;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final Minima minima;
  private final Owned owned;
  private final Buffer fork;

  /** The lowest end; x0 while there is none. */
  private final Buffer lowest;

  private double startLoss;

  /** Whether the first descent is on its way. */
  private boolean passing = true;

  /** Whether the first descent had units to spare where it passed last. */
  private boolean spare;

  /** Whether it has come to a point without. */
  private boolean narrowed;

  Descents(Backend backend, SoftmaxReluObjective objective, Minima minima) {
    this.backend = backend;
    this.objective = objective;
    this.minima = minima;
    owned = new Owned(backend);
    try {
      fork = owned.allocate(1, objective.d());
      lowest = owned.allocate(1, objective.d());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The first descent stands at x0. */
  void begin() {
    startLoss = objective.evaluation().loss();
    if (minima != Minima.FIRST) {
      backend.copy(objective.x(), fork);
      backend.copy(objective.x(), lowest);
    }
  }

  /**
   * A descent passes the objective's x.
   *
   * @return whether it is the first one, and has come for the first time from units to spare to too
   *     few for that
   */
  boolean pass() {
    if (!passing) {
      return false;
    }
    boolean had = spare;
    spare = hasSpareUnits();
    if (spare && minima != Minima.FIRST) {
      backend.copy(objective.x(), fork);
    }
    boolean comes = had && !spare && !narrowed;
    narrowed |= comes;
    return comes;
  }

  /** Whether to descend again after the first descent, which has ended at the objective's x. */
  boolean wanted(Status end, boolean atKinks) {
    boolean descended =
        end.converged() || end == Status.STALLED_AT_KINK || end == Status.ITERATION_LIMIT;
    // None is lower than one that leaves no loss.
    return descended
        && (minima == Minima.LOWER || (minima == Minima.AUTO && promising(atKinks)))
        && !objective.lossIsRounding();
  }

  /**
   * Whether a lower minimum is likely: kinks mattered, a part of the loss is left, and so few units
   * are active that the choice of them has been made on the way.
   */
  private boolean promising(boolean atKinks) {
    return atKinks && lossRemains() && !hasSpareUnits();
  }

  /** Whether at the objective's x a part of the loss at x0 is left. */
  boolean lossRemains() {
    return objective.evaluation().loss() > REMAINS * startLoss;
  }

  private boolean hasSpareUnits() {
    return objective.evaluation().activeUnits() >= SPARE * objective.d();
  }

  /**
   * Where further descents begin. Where the first one ended with units to spare that is x0, for
   * want of a point at which the choice was made.
   */
  Buffer fork() {
    passing = false;
    if (hasSpareUnits()) {
      backend.copy(lowest, fork);
    }
    return fork;
  }

  /** Keeps the objective's x as the lowest end so far. */
  void keep() {
    backend.copy(objective.x(), lowest);
  }

  Buffer lowest() {
    return lowest;
  }

  @Override
  public void close() {
    owned.close();
  }
}
