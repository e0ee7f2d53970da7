package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.Slopes;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.Arrays;

/**
 * What relu does to the loss around one x: unit i has a kink where z1_i = 0, and the loss has slope
 * v_i = (A2ᵀ gz)_i in its activation.
 *
 * <p>Where v_i &gt; 0 the kink is convex. It can hold a minimiser: the generalized gradient there
 * holds s v_i a_i for every 0 &lt;= s &lt;= 1, a_i being row i of A1. Where v_i &lt; 0 it is a
 * ridge, never a minimiser.
 *
 * <p>A unit at its kink counts as active or not: on a ridge on the steeper side, elsewhere not, and
 * for a step on the side that the step leads to.
 */
final class KinkModel implements AutoCloseable {
  /**
   * Curvature that kinks which hold x are given, in units of that of H: enough that H is positive
   * definite wherever it is along these kinks, and so little that rounding stays far below what
   * {@link Directions} calls undamped.
   */
  private static final double STIFFNESS = 1e4;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final int n;
  private final Owned owned;
  private final KinkSet set;
  private final Buffer perUnit;
  private final Buffer gradient;
  private final Buffer scratch;
  private final Buffer free;

  /** H with stiffened kinks. */
  private final Buffer stiff;

  private boolean current;
  private KinkPoint at;

  /** Whether {@link #set} holds the multipliers of {@link #balance} at {@link #at}. */
  private boolean balanced;

  /** The step that was asked for last. */
  private KinkStep step;

  /** The slopes at the end of the next step, where that is one computed again; else null. */
  private Slopes expected;

  /** Whether some unit at its kink counts as active in the objective. */
  private boolean hasTakenSides;

  /** Whether the objective's units are on the sides of {@link #at}. */
  private boolean onSides;

  KinkModel(Backend backend, SoftmaxReluObjective objective, int n) {
    this.backend = backend;
    this.objective = objective;
    this.n = n;
    int d = objective.d();
    owned = new Owned(backend);
    try {
      set = owned.add(new KinkSet(backend, objective.a1(), n, d), KinkSet::close);
      perUnit = owned.allocate(1, n);
      gradient = owned.allocate(1, d);
      scratch = owned.allocate(1, d);
      free = owned.allocate(1, d);
      stiff = owned.allocate(d, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Bytes of its buffers, for an n x d matrix A1. */
  static double bytes(double n, double d) {
    return KinkSet.bytes(n, d) + 8 * (n + 3 * d + d * d);
  }

  /** The objective has moved. */
  void moved() {
    current = false;
    balanced = false;
    onSides = false;
    hasTakenSides = false;
    expected = null;
  }

  /**
   * Has the objective count units on a ridge on the steeper side, if none was chosen at this x.
   *
   * @return whether its curvature is another one now
   */
  boolean takeSides() {
    stand();
    if (onSides) {
      return false;
    }
    onSides = true;
    return put(at.active());
  }

  /**
   * Has the objective count units at their kink on the side that the last step leads to.
   *
   * @return whether its curvature is another one now, so that the step is to be computed again
   */
  boolean followStep() {
    boolean[] sides = step.sides();
    if (Arrays.equals(sides, at.active()) || !put(sides)) {
      return false;
    }
    expected = step.slopes();
    return true;
  }

  /**
   * Has the objective count units at their kink as not active again.
   *
   * @return whether its curvature is another one now
   */
  boolean leaveSides() {
    if (!hasTakenSides) {
      return false;
    }
    objective.takeSides(new boolean[n]);
    moved();
    return true;
  }

  private boolean put(boolean[] active) {
    boolean any = false;
    for (int i = 0; i < n; i++) {
      any |= active[i] && at.z1()[i] == 0;
    }
    if (!any && !hasTakenSides) {
      return false;
    }
    hasTakenSides = any;
    objective.takeSides(active);
    at = new KinkPoint(at.z1(), active, at.v());
    balanced = false;
    backend.copy(objective.gradient(), gradient);
    return true;
  }

  /** The units that sit at their kink, but for those that no x moves from it. */
  int count() {
    double[] preActivations = current ? at.z1() : objective.read(Quantity.PRE_ACTIVATION);
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (preActivations[i] == 0 && objective.unitNorm(i) > 0) {
        count++;
      }
    }
    return count;
  }

  /** Σ v_i ‖a_i‖ of the convex kinks that x sits at: how far they can pull. */
  double pull() {
    stand();
    double pull = 0;
    for (int i : KinkSet.at(at)) {
      pull += at.v().of(i) * objective.unitNorm(i);
    }
    return pull;
  }

  /** The model of a step with this H. */
  StepModel of(CurvatureForm form, MatrixSystem h) {
    stand();
    Stiffening stiffening = Stiffening.NONE;
    MatrixSystem system = h;
    // The Gauss-Newton matrix is positive semidefinite as it is. What stiffens H keeps units from
    // leaving their kink, so it is not used where H does without it.
    if (form == CurvatureForm.EXACT) {
      balance();
      stiffening = stiffening(h.scale());
      if (stiffening.rho() > 0) {
        backend.copy(h.matrix(), stiff);
        set.addSquares(set.held(), stiffening.rho(), stiff);
        system = h.orStiffened(stiff);
      }
    }
    // The step needs the set for its own.
    balanced = false;
    step =
        new KinkStep(
            backend,
            objective,
            form,
            system,
            stiffening,
            set,
            at,
            gradient,
            free,
            scratch,
            perUnit,
            expected);
    expected = null;
    return step;
  }

  /** Of the units that {@link #balance} has found to be held at their kink. */
  private Stiffening stiffening(double scale) {
    int[] units = Arrays.stream(set.held()).map(set::unit).toArray();
    double squares =
        Arrays.stream(units).mapToDouble(i -> Math.pow(objective.unitNorm(i), 2)).sum();
    return units.length == 0
        ? Stiffening.NONE
        : new Stiffening(STIFFNESS * scale * units.length / squares, units);
  }

  /**
   * out = the element of the generalized gradient that is nearest to 0:
   *
   * <pre>  grad + Σ_i s_i v_i a_i over the units with z1_i = 0 and v_i &gt; 0,  0 &lt;= s_i &lt;= 1
   * </pre>
   */
  void leastGradient(Buffer out) {
    stand();
    balance();
    backend.copy(gradient, out);
    set.addRows(set.multipliersBeyond(set.offsets(at, at.v())), out);
  }

  /**
   * The multipliers s_i v_i of that element, in {@link #set}. The gradient has v_i a_i of those
   * that count as active.
   */
  private void balance() {
    if (balanced) {
      return;
    }
    balanced = true;
    set.clear();
    set.add(KinkSet.at(at), at.v(), null);
    double[] along = set.products(gradient);
    BoxQuadratic squares = set.dual();
    for (int k = 0; k < set.size(); k++) {
      squares.linear(k, along[k]);
    }
    squares.offset(set.offsets(at, at.v()));
    squares.minimise();
  }

  private void stand() {
    if (current) {
      return;
    }
    current = true;
    objective.refineGradient();
    double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
    boolean[] active = new boolean[n];
    at = new KinkPoint(z1, active, objective.slopes());
    backend.copy(objective.gradient(), gradient);
    for (int i = 0; i < n; i++) {
      active[i] = z1[i] > 0;
      if (at.isOnRidge(i)) {
        active[i] = leaveRidge(i, at.v().of(i));
      }
    }
  }

  /** Adds v_i a_i to the gradient if it is longer then, and tells whether it is. */
  private boolean leaveRidge(int i, double v) {
    double[] slope = new double[n];
    slope[i] = v;
    backend.write(slope, perUnit);
    backend.multiplyTransposed(objective.a1(), perUnit, scratch);
    double change = 2 * backend.dot(gradient, scratch) + backend.dot(scratch, scratch);
    if (change > 0) {
      backend.combine(1, gradient, 1, scratch, gradient);
    }
    return change > 0;
  }

  @Override
  public void close() {
    owned.close();
  }
}
