package io.github.relumax.newton;

import java.util.Arrays;

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
  private static final int SWEEPS = 8;

  /** Factor by which a step that leaves the box is shortened until the value falls. */
  private static final double SHORTER = 0.5;

  /** Shorter than this, a step is shortened to what the box has room for. */
  private static final double SHORTEST = 0.01;

  /** Rounds without a lower value, one after the other, after which nothing more is expected. */
  private static final int IDLE_ROUNDS = 4;

  /** Rounding of a gradient, in parts of the sum of the sizes of its terms. */
  private static final double PRECISION = 8 * Math.ulp(1.0);

  private final int stride;
  private final FaceFactor factor = new FaceFactor();
  private double[][] q = new double[0][];
  private double[] r = new double[0];
  private double[] upper = new double[0];
  private double[] mu = new double[0];
  private double[] gradient = new double[0];

  /** Where a step leads, what it changes, and Q times that. */
  private double[] target = new double[0];

  private double[] change = new double[0];
  private double[] product = new double[0];
  private int[] free = new int[0];
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
    factor.forget();
  }

  int size() {
    return size;
  }

  /** Adds a variable whose row of Q is set by {@link #set}; μ begins there, or at the bound. */
  void add(double bound, double start) {
    if (size == mu.length) {
      int room = Math.min(stride, Math.max(16, 2 * size));
      double[][] larger = new double[room][];
      Arrays.setAll(larger, i -> i < size ? Arrays.copyOf(q[i], room) : new double[room]);
      q = larger;
      r = Arrays.copyOf(r, room);
      upper = Arrays.copyOf(upper, room);
      mu = Arrays.copyOf(mu, room);
      gradient = Arrays.copyOf(gradient, room);
      target = new double[room];
      change = new double[room];
      product = new double[room];
      free = new int[room];
    }
    upper[size] = bound;
    mu[size] = Math.min(start, bound);
    size++;
  }

  /** Q_ij = Q_ji = value. */
  void set(int i, int j, double value) {
    q[i][j] = value;
    q[j][i] = value;
    factor.forget();
  }

  double get(int i, int j) {
    return q[i][j];
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
    multiply(o, product);
    for (int i = 0; i < size; i++) {
      r[i] -= product[i];
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
    multiply(mu, gradient);
    for (int i = 0; i < size; i++) {
      gradient[i] += r[i];
    }
  }

  /** out = Q v. Row by row, as Q is symmetric and sums side by side do not wait for each other. */
  private void multiply(double[] v, double[] out) {
    Arrays.fill(out, 0, size, 0);
    for (int j = 0; j < size; j++) {
      if (v[j] != 0) {
        addRow(j, v[j], out);
      }
    }
  }

  private void addRow(int j, double times, double[] out) {
    double[] row = q[j];
    for (int i = 0; i < size; i++) {
      out[i] += times * row[i];
    }
  }

  /** Minimises along each coordinate in turn. */
  private void descend() {
    for (int i = 0; i < size; i++) {
      double curvature = get(i, i);
      // Math.clamp would check its bounds each time, in the innermost loop.
      double there =
          curvature > 0
              ? Math.min(Math.max(mu[i] - gradient[i] / curvature, 0), upper[i])
              : gradient[i] < 0 ? upper[i] : gradient[i] > 0 ? 0 : mu[i];
      double by = there - mu[i];
      if (by != 0) {
        mu[i] = there;
        addRow(i, by, gradient);
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
    for (int round = 0; round < size; round++) {
      int count = 0;
      for (int i = 0; i < size; i++) {
        if (isFree(i)) {
          free[count++] = i;
        }
      }
      double[] step = count == 0 ? null : solveFree(count);
      if (step == null) {
        return;
      }
      double room = room(count, step);
      double length = 1;
      while (!isLower(count, step, length)) {
        if (length <= room) {
          return;
        }
        length = length < SHORTEST ? room : Math.max(room, SHORTER * length);
      }
      double[] old = mu;
      mu = target;
      target = old;
      refresh();
      if (room >= 1) {
        return;
      }
    }
  }

  /** Whether the value falls to {@link #target}: that much of a step, clipped to the box. */
  private boolean isLower(int count, double[] step, double length) {
    System.arraycopy(mu, 0, target, 0, size);
    for (int k = 0; k < count; k++) {
      int i = free[k];
      target[i] = Math.clamp(mu[i] + length * step[k], 0, upper[i]);
    }
    double slope = 0;
    for (int i = 0; i < size; i++) {
      change[i] = target[i] - mu[i];
      slope += gradient[i] * change[i];
    }
    multiply(change, product);
    double curvature = 0;
    for (int i = 0; i < size; i++) {
      curvature += change[i] * product[i];
    }
    return slope + 0.5 * curvature < 0;
  }

  /** How much of a step the box has room for. */
  private double room(int count, double[] step) {
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

  private double[] solveFree(int count) {
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
    return factor.solve(q, chosen, count, right);
  }
}
