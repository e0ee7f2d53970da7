package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.List;

/**
 * Where a solve stands: the objective at x, and the curvature and the kinks there, to which every
 * move is told.
 */
final class Place implements AutoCloseable {
  /** Slopes at kinks that add up to this part of their sizes are in balance. */
  private static final double KINK_BALANCE = 1e-12;

  private final Backend backend;
  private final Problem problem;
  private final double tolerance;
  private final PhaseClock clock;
  private final Owned owned;
  private final SoftmaxReluObjective objective;
  private final CurvatureModel curvature;
  private final KinkModel kinks;
  private final Buffer before;
  private final Buffer near;
  private final Buffer scratch;

  /** Whether steps know about kinks. */
  private boolean knowsKinks;

  /** How near to H what the last step was computed from is. */
  private Approximation approximation = Approximation.NONE;

  private double lastGradient = Double.NaN;

  /** The largest ‖x‖ so far. */
  private double longest;

  Place(
      Backend backend,
      Problem problem,
      NewtonOptions options,
      CurvaturePath path,
      StepMethod method,
      PhaseClock clock) {
    this.backend = backend;
    this.problem = problem;
    this.clock = clock;
    tolerance = options.tolerance();
    owned = new Owned(backend);
    try {
      objective =
          owned.add(
              new SoftmaxReluObjective(backend, problem, NewtonRun.MOST_ROWS, path),
              SoftmaxReluObjective::close);
      curvature = owned.add(curvature(method, options), CurvatureModel::close);
      kinks = owned.add(new KinkModel(backend, objective, problem.n()), KinkModel::close);
      before = owned.allocate(1, problem.d());
      near = owned.allocate(1, problem.d());
      scratch = owned.allocate(1, problem.d());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private CurvatureModel curvature(StepMethod method, NewtonOptions options) {
    List<CurvatureForm> forms = options.curvature().forms();
    Sampling sampling = options.sampling();
    return switch (method) {
      case FULL -> new FullModel(backend, objective, forms);
      case DIAGONAL -> new DiagonalModel(backend, objective);
      case SAMPLED -> new SampledModel(backend, objective, problem.m(), forms, sampling);
      case SKETCH_CG -> new SketchCgModel(backend, objective, problem.m(), sampling);
    };
  }

  SoftmaxReluObjective objective() {
    return objective;
  }

  Evaluation evaluation() {
    return objective.evaluation();
  }

  CurvatureModel curvature() {
    return curvature;
  }

  KinkModel kinks() {
    return kinks;
  }

  boolean knowsKinks() {
    return knowsKinks;
  }

  /** From now on steps know about kinks. */
  void learnKinks() {
    knowsKinks = true;
  }

  /** ‖grad‖ before the last step; NaN where there was none. */
  double lastGradient() {
    return lastGradient;
  }

  /** The steps to come have nothing to do with the last one. */
  void forgetLastStep() {
    lastGradient = Double.NaN;
  }

  Approximation approximation() {
    return approximation;
  }

  // Moves

  /** A trial point becomes x. */
  void accept(int trial, CurvatureForm form) {
    double loss = evaluation().loss();
    longest = Math.max(longest, norm(objective.x()));
    lastGradient = evaluation().gradientNorm();
    approximation = curvature.approximation(form);
    backend.copy(objective.x(), before);
    clock.time(Phase.EVALUATE, () -> objective.accept(trial));
    moved();
    settleAtOrigin(loss);
  }

  /**
   * Goes on to x = 0 where that is lowest. All kinks meet there, and near it no step is short
   * beside x; but an x that has come within the tolerance of what it was is 0 to the tolerance.
   *
   * @param highest the loss before the step: that at x may be below the one at 0 by rounding
   */
  private void settleAtOrigin(double highest) {
    if (norm(objective.x()) <= tolerance * longest) {
      backend.copy(objective.x(), near);
      backend.combine(0, near, 0, near, scratch);
      returnTo(scratch);
      if (!(evaluation().loss() <= highest && isLowestKink())) {
        returnTo(near);
      }
    }
  }

  /** Back to where the last step began. */
  void takeBack() {
    returnTo(before);
  }

  /** To a point where the solve has been. */
  void returnTo(Buffer x) {
    clock.time(Phase.EVALUATE, () -> objective.returnTo(x));
    moved();
  }

  /** To a point that may be the end: the loss is known there, and neither gradient nor C. */
  void look(double[] at) {
    clock.time(Phase.EVALUATE, () -> objective.lookAhead(at));
    moved();
  }

  /** To any point, or to the gradient and C of the one that was only looked at. */
  void jump(double[] to) {
    clock.time(Phase.EVALUATE, () -> objective.jumpTo(to));
    moved();
  }

  /** Units at their kink count as not active again. */
  void leaveSides() {
    if (kinks.leaveSides()) {
      curvature.moved();
    }
  }

  private void moved() {
    curvature.moved();
    kinks.moved();
  }

  // What is asked about it

  double norm(Buffer v) {
    return Math.sqrt(backend.dot(v, v));
  }

  /** ‖x - other‖. */
  double distance(double[] other) {
    backend.write(other, near);
    return distance(near);
  }

  /** ‖x - other‖. */
  double distance(Buffer other) {
    backend.combine(1, objective.x(), -1, other, scratch);
    return norm(scratch);
  }

  /**
   * ‖grad + ν x‖ with the multiplier ν &gt;= 0 of the ball where x is on its boundary, ‖grad‖
   * elsewhere.
   */
  double stationarity() {
    if (Double.isNaN(evaluation().gradientNorm())) {
      return Double.NaN;
    }
    if (!knowsKinks && Double.isInfinite(problem.radius())) {
      return evaluation().gradientNorm();
    }
    if (knowsKinks && evaluation().isFinite()) {
      kinks.leastGradient(scratch);
    } else {
      backend.copy(objective.gradient(), scratch);
    }
    Buffer x = objective.x();
    double xx = backend.dot(x, x);
    double nu = -backend.dot(scratch, x) / xx;
    if (nu > 0 && Math.sqrt(xx) >= problem.radius() * (1 - 1e-12)) {
      backend.combine(1, scratch, nu, x, scratch);
    }
    return norm(scratch);
  }

  /**
   * Whether, where no unit is active, units at their kink keep the loss from falling on their other
   * side, or the target is what is there: uniform.
   */
  boolean isLowestKink() {
    if (kinks.count() == 0) {
      return false;
    }
    knowsKinks = true;
    return stationarity() <= KINK_BALANCE * kinks.pull() || objective.lossIsRounding();
  }

  @Override
  public void close() {
    owned.close();
  }
}
