package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.ArrayList;
import java.util.List;

/**
 * What relu does to the loss around one x: unit i has a kink where z1_i = 0, and the loss has slope
 * v_i = (A2ᵀ gz)_i in its activation.
 *
 * <p>Where v_i &gt; 0 the kink is convex. It can hold a minimiser: the generalized gradient there
 * holds s v_i a_i for every 0 &lt;= s &lt;= 1, a_i being row i of A1. Where v_i &lt; 0 it is a
 * ridge, never a minimiser: a unit that sits on one is taken as active or not, whichever side is
 * steeper.
 */
final class KinkModel implements AutoCloseable {
  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final int n;
  private final List<Runnable> owned = new ArrayList<>();
  private final KinkSet set;
  private final Buffer perUnit;
  private final Buffer gradient;
  private final Buffer scratch;
  private final Buffer free;

  private boolean current;
  private double[] z1;
  private double[] v;

  KinkModel(Backend backend, SoftmaxReluObjective objective, int n) {
    this.backend = backend;
    this.objective = objective;
    this.n = n;
    int d = objective.d();
    try {
      set = new KinkSet(backend, objective.a1(), n, d);
      owned.add(set::close);
      perUnit = vector(n);
      gradient = vector(d);
      scratch = vector(d);
      free = vector(d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Buffer vector(long length) {
    Buffer buffer = backend.allocate(1, length);
    owned.add(buffer::close);
    return buffer;
  }

  /** Bytes of its buffers, for an n x d matrix A1. */
  static double bytes(double n, double d) {
    return KinkSet.bytes(n, d) + 8 * (n + 3 * d);
  }

  /** The objective has moved. */
  void moved() {
    current = false;
  }

  /** The units that sit at their kink, but for those that no x moves from it. */
  int count() {
    double[] preActivations = current ? z1 : objective.read(Quantity.PRE_ACTIVATION);
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
    for (int i : KinkSet.at(z1, v)) {
      pull += v[i] * objective.unitNorm(i);
    }
    return pull;
  }

  /** The model of a step with this H. */
  StepModel of(CurvatureForm form, MatrixSystem h) {
    stand();
    return new KinkStep(backend, objective, form, h, set, z1, v, gradient, free, scratch, perUnit);
  }

  /**
   * out = the element of the generalized gradient that is nearest to 0:
   *
   * <pre>  grad + Σ_i s_i v_i a_i over the units with z1_i = 0 and v_i &gt; 0,  0 &lt;= s_i &lt;= 1
   * </pre>
   */
  void leastGradient(Buffer out) {
    stand();
    set.clear();
    set.add(KinkSet.at(z1, v), v, null);
    double[] along = set.products(gradient);
    BoxQuadratic squares = set.dual();
    for (int k = 0; k < set.size(); k++) {
      squares.linear(k, along[k]);
    }
    squares.minimise();
    double[] weights = new double[set.size()];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = squares.multiplier(k);
    }
    backend.copy(gradient, out);
    set.addRows(weights, out);
  }

  private void stand() {
    if (current) {
      return;
    }
    current = true;
    objective.refineGradient();
    z1 = objective.read(Quantity.PRE_ACTIVATION);
    v = objective.read(Quantity.SLOPES);
    backend.copy(objective.gradient(), gradient);
    for (int i = 0; i < n; i++) {
      if (objective.unitNorm(i) == 0) {
        // A row of zeros: z1_i is 0 everywhere.
        v[i] = 0;
      } else if (z1[i] == 0 && v[i] < 0) {
        leaveRidge(i);
      }
    }
  }

  /** Adds v_i a_i to the gradient if it is longer then. */
  private void leaveRidge(int i) {
    double[] slope = new double[n];
    slope[i] = v[i];
    backend.write(slope, perUnit);
    backend.multiplyTransposed(objective.a1(), perUnit, scratch);
    double change = 2 * backend.dot(gradient, scratch) + backend.dot(scratch, scratch);
    if (change > 0) {
      backend.combine(1, gradient, 1, scratch, gradient);
    }
  }

  @Override
  public void close() {
    owned.forEach(Runnable::run);
  }
}
