package io.github.relumax.newton;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * min 1/2 μᵀQμ + rᵀμ over 0 &lt;= μ &lt;= u for a small positive semidefinite Q: the dual of a step
 * that knows about kinks. Sweeps of coordinate descent find which bounds bind, and Newton's method
 * on what is free does the rest; both only lower the value.
 *
 * <p>With t = -(Qμ + r), the primal variable of entry i, optimality is t_i &lt;= 0 where μ_i = 0,
 * t_i &gt;= 0 where μ_i = u_i, t_i = 0 between. Every entry has to meet it to its own rounding: a
 * duality gap that is rounding leaves t with an error of its square root, and one huge bound would
 * hide all small ones.
 */
final class BoxQuadratic {
  private static final int MOST_ROUNDS = 200;
  private static final int SWEEPS = 4;

  /** Rounds without a lower value, one after the other, after which nothing more is expected. */
  private static final int IDLE_ROUNDS = 4;

  /** Rounding of a gradient, in parts of the sum of the sizes of its terms. */
  private static final double PRECISION = 8 * Math.ulp(1.0);

  /** First and largest multiple of the mean of the diagonal that is added where Q is singular. */
  private static final double LEAST_RIDGE = 1e-15;

  private static final double MOST_RIDGE = 1e-3;
  private static final double MORE_RIDGE = 100;

  private final int stride;
  private double[] q = new double[0];
  private double[] r = new double[0];
  private double[] upper = new double[0];
  private double[] mu = new double[0];
  private double[] gradient = new double[0];
  private int size;

  /**
   * An empty programme.
   *
   * @param most variables at most
   */
  BoxQuadratic(int most) {
    stride = most;
  }

  /** Begins anew. */
  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  /** Adds a variable whose row of Q is set by {@link #set}; μ begins at 0. */
  void add(double bound) {
    if (size == mu.length) {
      int room = Math.min(stride, Math.max(16, 2 * size));
      double[] larger = new double[room * room];
      for (int i = 0; i < size; i++) {
        System.arraycopy(q, i * mu.length, larger, i * room, size);
      }
      q = larger;
      r = Arrays.copyOf(r, room);
      upper = Arrays.copyOf(upper, room);
      mu = Arrays.copyOf(mu, room);
      gradient = Arrays.copyOf(gradient, room);
    }
    upper[size] = bound;
    mu[size] = 0;
    size++;
  }

  /** Q_ij = Q_ji = value. */
  void set(int i, int j, double value) {
    q[i * mu.length + j] = value;
    q[j * mu.length + i] = value;
  }

  double get(int i, int j) {
    return q[i * mu.length + j];
  }

  /** u_i = value. */
  void bound(int i, double value) {
    upper[i] = value;
    mu[i] = Math.clamp(mu[i], 0, value);
  }

  void linear(int i, double value) {
    r[i] = value;
  }

  /** r = r - Q o, for what μ - o does in the place of μ. */
  void offset(double[] o) {
    for (int i = 0; i < size; i++) {
      r[i] -= dotRow(i, o);
    }
  }

  double multiplier(int i) {
    return mu[i];
  }

  /** Whether μ_i is at neither bound. */
  boolean isFree(int i) {
    return mu[i] > 0 && mu[i] < upper[i];
  }

  /** Minimises, from the μ that are there. */
  void minimise() {
    refresh();
    double lowest = Double.POSITIVE_INFINITY;
    int idle = 0;
    for (int round = 0; round < MOST_ROUNDS && idle < IDLE_ROUNDS && !isOptimal(); round++) {
      for (int sweep = 0; sweep < SWEEPS; sweep++) {
        descend();
      }
      refresh();
      settleFace();
      double value = value();
      idle = value < lowest ? 0 : idle + 1;
      lowest = Math.min(lowest, value);
    }
  }

  /** 1/2 μᵀQμ + rᵀμ. */
  private double value() {
    double value = 0;
    for (int i = 0; i < size; i++) {
      value += 0.5 * mu[i] * (gradient[i] + r[i]);
    }
    return value;
  }

  /** gradient = Qμ + r. */
  private void refresh() {
    for (int i = 0; i < size; i++) {
      gradient[i] = r[i] + dotRow(i, mu);
    }
  }

  private double dotRow(int i, double[] v) {
    double sum = 0;
    int at = i * mu.length;
    for (int j = 0; j < size; j++) {
      sum += q[at + j] * v[j];
    }
    return sum;
  }

  /** Minimises along each coordinate in turn. */
  private void descend() {
    for (int i = 0; i < size; i++) {
      double curvature = get(i, i);
      double target =
          curvature > 0
              ? Math.clamp(mu[i] - gradient[i] / curvature, 0, upper[i])
              : gradient[i] < 0 ? upper[i] : gradient[i] > 0 ? 0 : mu[i];
      double change = target - mu[i];
      if (change != 0) {
        mu[i] = target;
        int at = i * mu.length;
        for (int j = 0; j < size; j++) {
          gradient[j] += change * q[at + j];
        }
      }
    }
  }

  /** Whether every entry is as it has to be, to rounding. */
  private boolean isOptimal() {
    double sizes = 0;
    for (int i = 0; i < size; i++) {
      sizes += Math.sqrt(get(i, i)) * mu[i];
    }
    for (int i = 0; i < size; i++) {
      // |q_ij| is at most √(q_ii q_jj).
      double rounding = PRECISION * (Math.abs(r[i]) + Math.sqrt(get(i, i)) * sizes);
      boolean tooLow = mu[i] < upper[i] && gradient[i] < -rounding;
      boolean tooHigh = mu[i] > 0 && gradient[i] > rounding;
      if (tooLow || tooHigh) {
        return false;
      }
    }
    return true;
  }

  /** Newton's method on the free variables, while those that reach a bound stay there. */
  private void settleFace() {
    int[] free = new int[size];
    for (int round = 0; round < size; round++) {
      int count = 0;
      for (int i = 0; i < size; i++) {
        if (isFree(i)) {
          free[count++] = i;
        }
      }
      double[] step = count == 0 ? null : solveFree(free, count);
      if (step == null) {
        return;
      }
      double[] target = moved(free, count, step, 1);
      double room = room(free, count, step);
      if (room < 1 && !(change(target) < 0)) {
        target = moved(free, count, step, room);
      }
      if (!(change(target) < 0)) {
        return;
      }
      mu = target;
      refresh();
      if (room >= 1) {
        return;
      }
    }
  }

  /** μ and that much of a step, clipped to the box. */
  private double[] moved(int[] free, int count, double[] step, double length) {
    double[] target = mu.clone();
    for (int k = 0; k < count; k++) {
      int i = free[k];
      target[i] = Math.clamp(mu[i] + length * step[k], 0, upper[i]);
    }
    return target;
  }

  /** How much of a step the box has room for. */
  private double room(int[] free, int count, double[] step) {
    double room = Double.POSITIVE_INFINITY;
    for (int k = 0; k < count; k++) {
      int i = free[k];
      double wall = step[k] > 0 ? upper[i] - mu[i] : -mu[i];
      if (step[k] != 0) {
        room = Math.min(room, wall / step[k]);
      }
    }
    return room;
  }

  /** The value at target less that at μ. */
  private double change(double[] target) {
    double[] difference = new double[mu.length];
    double slope = 0;
    for (int i = 0; i < size; i++) {
      difference[i] = target[i] - mu[i];
      slope += gradient[i] * difference[i];
    }
    double curvature = 0;
    for (int i = 0; i < size; i++) {
      if (difference[i] != 0) {
        curvature += difference[i] * dotRow(i, difference);
      }
    }
    return slope + 0.5 * curvature;
  }

  private double[] solveFree(int[] free, int count) {
    double[] right = new double[count];
    for (int k = 0; k < count; k++) {
      right[k] = -gradient[free[k]];
    }
    return solve(free, count, right) ? right : null;
  }

  /**
   * right = Q_FF⁻¹ right for the variables F named, Q's diagonal raised by rounding where it is
   * singular.
   *
   * @return false if that takes more than rounding
   */
  boolean solve(int[] chosen, int count, double[] right) {
    double mean = 0;
    for (int k = 0; k < count; k++) {
      mean += get(chosen[k], chosen[k]) / count;
    }
    for (double ridge = LEAST_RIDGE; ridge <= MOST_RIDGE; ridge *= MORE_RIDGE) {
      DMatrixRMaj matrix = new DMatrixRMaj(count, count);
      for (int k = 0; k < count; k++) {
        for (int l = 0; l < count; l++) {
          matrix.set(k, l, get(chosen[k], chosen[l]));
        }
        matrix.add(k, k, ridge * mean);
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.chol(count);
      if (solver.setA(matrix)) {
        DMatrixRMaj x = new DMatrixRMaj(count, 1);
        DMatrixRMaj b = new DMatrixRMaj(count, 1);
        System.arraycopy(right, 0, b.data, 0, count);
        solver.solve(b, x);
        System.arraycopy(x.data, 0, right, 0, count);
        return true;
      }
    }
    return false;
  }
}
