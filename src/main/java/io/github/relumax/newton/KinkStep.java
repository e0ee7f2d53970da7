package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.Slopes;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntPredicate;

/**
 * A step that knows about kinks. Where p switches unit i, its activation differs from the one that
 * the quadratic model assumes by e_i = |z1_i + a_iᵀp|, a_i being row i of A1, which adds v_i e_i to
 * the loss. For the units K with v_i &gt; 0 that p brings to their kink this stands in the model:
 *
 * <pre>  gᵀp + 1/2 pᵀ(H + σI)p + Σ_{i in K} v_i max(0, ∓(z1_i + a_iᵀp))</pre>
 *
 * with - for active and + for inactive units. It is convex, and as v max(0, t) = max μ t over 0
 * &lt;= μ &lt;= v, its dual is a {@link BoxQuadratic} with one multiplier a unit:
 *
 * <pre>
 *   p = -M⁻¹ (g + A_Kᵀ (μ - o)),   M = H + σI,  o_i = v_i where i is active, else 0
 *   min over 0 &lt;= μ &lt;= v of  1/2 μᵀQμ + rᵀμ,   Q = A_K M⁻¹ A_Kᵀ,  r = A_K M⁻¹ g - z1_K - Q o
 * </pre>
 *
 * A unit with μ_i = 0 ends inactive, one with μ_i = v_i active, and one between lands on its kink,
 * z1_i + a_iᵀp = 0, and is there when the next step begins. K begins with the convex kinks that x
 * sits at and grows by those that p would cross. Kinks with v_i &lt; 0 need no care: beyond them
 * the loss is lower than the model says.
 *
 * <p>The slopes change along p as the residual does. The step is computed with those at x, and once
 * more with those that the model expects at its end, v = A2ᵀ(gz + (middle matrix) C p); or once,
 * with those that a step before it from the same x has found.
 */
final class KinkStep implements StepModel {
  /** Rounds by which K grows. */
  private static final int MOST_ROUNDS = 8;

  /** With the slopes at x, and with those expected at the end. */
  private static final int PASSES = 2;

  /**
   * Corrections of the landing, at most. Each leaves the rounding of a solution with M, which is
   * large where M is hardly damped.
   */
  private static final int MOST_CORRECTIONS = 8;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final CurvatureForm form;
  private final MatrixSystem h;
  private final Stiffening stiffening;
  private final KinkSet set;
  private final KinkPoint at;
  private final double[] z1;
  private final Buffer gradient;
  private final Buffer free;
  private final Buffer scratch;
  private final Buffer perUnit;
  private final Slopes expected;

  /** v, of which a pass uses what is above 0. */
  private Slopes v;

  /** A1 p. */
  private final double[] ap;

  /**
   * The model at the objective's x.
   *
   * @param h the systems with H and what stiffens it
   * @param at the units at x
   * @param gradient at x
   * @param free scratch, 1 x d, as is {@code scratch}
   * @param perUnit scratch, 1 x n
   * @param expected the slopes at the end, where they are known; else null
   */
  KinkStep(
      Backend backend,
      SoftmaxReluObjective objective,
      CurvatureForm form,
      MatrixSystem h,
      Stiffening stiffening,
      KinkSet set,
      KinkPoint at,
      Buffer gradient,
      Buffer free,
      Buffer scratch,
      Buffer perUnit,
      Slopes expected) {
    this.backend = backend;
    this.objective = objective;
    this.form = form;
    this.h = h;
    this.stiffening = stiffening;
    this.set = set;
    this.at = at;
    z1 = at.z1();
    this.gradient = gradient;
    this.free = free;
    this.scratch = scratch;
    this.perUnit = perUnit;
    this.expected = expected;
    ap = new double[z1.length];
  }

  @Override
  public double scale() {
    return h.scale();
  }

  @Override
  public boolean minimise(double shift, double nu, double precision, Buffer p) {
    if (!h.factor(shift)) {
      return false;
    }
    backend.combine(-1, gradient, -nu, objective.x(), scratch);
    if (!h.solve(scratch, free, precision)) {
      return false;
    }
    backend.copy(free, p);
    v = expected == null ? at.v() : expected;
    set.clear();
    set.add(KinkSet.at(at), v, h);
    // Where K has units, their multipliers move p first.
    if (set.size() == 0) {
      applyToUnits(p, ap);
    }
    minimise(p);
    // Also where p switches no unit of K: as the ball's multiplier varies, p must not jump.
    for (int pass = 1;
        expected == null && pass < PASSES && (set.size() > 0 || at.switched(ap).length > 0);
        pass++) {
      v = objective.slopesAfter(form, p);
      set.bound(v);
      minimise(p);
    }
    land(p);
    return true;
  }

  /** p = the minimiser with these slopes, while K grows. */
  private void minimise(Buffer p) {
    for (int round = 1; ; round++) {
      if (set.size() > 0) {
        linear();
        set.dual().minimise();
        backend.copy(free, p);
        set.subtractSolved(weights(), p);
        applyToUnits(p, ap);
      }
      int[] crossed = crossed();
      if (crossed.length == 0 || round == MOST_ROUNDS) {
        return;
      }
      set.add(crossed, v, h);
    }
  }

  /** r. */
  private void linear() {
    BoxQuadratic dual = set.dual();
    double[] along = set.products(free);
    for (int k = 0; k < set.size(); k++) {
      dual.linear(k, -(z1[set.unit(k)] + along[k]));
    }
    dual.offset(set.offsets(at, v));
  }

  /** μ - o. */
  private double[] weights() {
    return set.multipliersBeyond(set.offsets(at, v));
  }

  /** Units outside K whose convex kink p crosses: those that add most, where room is short. */
  private int[] crossed() {
    int[] others = where(at.switched(ap), i -> !set.contains(i));
    v.find(others);
    int[] all = where(others, i -> v.of(i) > 0);
    if (all.length <= set.room()) {
      return all;
    }
    return Arrays.stream(all)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -v.of(i) * Math.abs(z1[i] + ap[i])))
        .limit(set.room())
        .mapToInt(i -> i)
        .sorted()
        .toArray();
  }

  /** Those of which it is true; called often, with few numbers, for which a stream takes long. */
  private static int[] where(int[] numbers, IntPredicate isTrue) {
    int[] found = new int[numbers.length];
    int count = 0;
    for (int i : numbers) {
      if (isTrue.test(i)) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /**
   * Corrects p so that the units that land do so to rounding. A1 p is formed anew for K alone: of
   * other units only the side that p leads them to is asked for, and a correction is rounding.
   */
  private void land(Buffer p) {
    int[] held = set.held();
    double last = Double.POSITIVE_INFINITY;
    for (int k = 0; k < MOST_CORRECTIONS; k++) {
      double[] off = new double[held.length];
      for (int j = 0; j < held.length; j++) {
        int i = set.unit(held[j]);
        off[j] = z1[i] + ap[i];
      }
      double furthest = Arrays.stream(off).map(Math::abs).max().orElse(0);
      if (!(furthest < last) || !set.shift(held, off, p)) {
        break;
      }
      last = furthest;
      double[] along = set.products(p);
      for (int number = 0; number < set.size(); number++) {
        ap[set.unit(number)] = along[number];
      }
    }
  }

  @Override
  public boolean turn(Buffer point, double precision, Buffer out) {
    if (!h.solve(point, out, precision)) {
      return false;
    }
    // Less what moves the held units from their kinks.
    int[] held = set.held();
    double[] along = set.products(out);
    set.shift(held, Arrays.stream(held).mapToDouble(k -> along[k]).toArray(), out);
    return true;
  }

  @Override
  public double slope(Buffer p) {
    double slope = backend.dot(gradient, p);
    double[] weights = weights();
    for (int k = 0; k < weights.length; k++) {
      slope += weights[k] * ap[set.unit(k)];
    }
    return slope;
  }

  @Override
  public Forecast forecast(Buffer p, double curvature) {
    int size = set.size();
    double[] e = new double[size];
    double[] z = new double[size];
    double[] change = new double[size];
    for (int k = 0; k < size; k++) {
      int i = set.unit(k);
      // Beyond the kink is where the sign is positive.
      double sign = at.active()[i] ? -1 : 1;
      e[k] = v.pull(i);
      z[k] = sign * z1[i];
      change[k] = sign * ap[i];
    }
    return new Forecast(
        backend.dot(gradient, p),
        curvature - (h.isStiffened() ? stiffening.along(ap) : 0),
        e,
        z,
        change);
  }

  /**
   * The units that count as active where those at their kink are on the side that p leads to. H
   * there has what a unit adds to it once it is active; without it p may be far too long, and with
   * it the model of a unit that goes the other way is wrong. Units that p leaves at their kink stay
   * as they are.
   */
  boolean[] sides() {
    boolean[] sides = at.active().clone();
    double width = objective.kinkWidth();
    for (int i = 0; i < sides.length; i++) {
      if (at.isAtKink(i) && Math.abs(ap[i]) > width * objective.unitNorm(i)) {
        sides[i] = ap[i] > 0;
      }
    }
    return sides;
  }

  /** The slopes that p was computed with last. */
  Slopes slopes() {
    return v;
  }

  private void applyToUnits(Buffer p, double[] out) {
    backend.multiply(objective.a1(), p, perUnit);
    backend.read(perUnit, out);
  }
}
