package io.github.relumax.newton;

import java.util.Arrays;

/**
 * Q_FF = UᵀU for some variables F of a {@link BoxQuadratic}, Q's diagonal raised by rounding where
 * Q_FF is singular. It stays until F or Q is another one. Row after row of U is formed from those
 * above, in loops without sums that wait for each other.
 */
final class FaceFactor {
  /** First and largest multiple of the mean of the diagonal that is added where Q is singular. */
  private static final double LEAST_RIDGE = 1e-15;

  private static final double MOST_RIDGE = 1e-3;
  private static final double MORE_RIDGE = 100;

  /** U, in the order of F; what is left of the diagonal is not used. */
  private double[][] u = new double[0][];

  private int[] chosen = new int[0];
  private int count;
  private boolean current;
  private boolean found;

  /** Q is another one. */
  void forget() {
    current = false;
  }

  /**
   * right = Q_FF⁻¹ right.
   *
   * @param f F, in its first entries
   * @return false if that takes more than rounding
   */
  boolean solve(double[][] q, int[] f, int size, double[] right) {
    if (!current || !Arrays.equals(f, 0, size, chosen, 0, count)) {
      chosen = Arrays.copyOf(f, size);
      count = size;
      found = factor(q);
      current = true;
    }
    if (found) {
      solve(right);
    }
    return found;
  }

  private boolean factor(double[][] q) {
    if (u.length < count) {
      u = new double[count][count];
    }
    double mean = 0;
    for (int i : chosen) {
      mean += q[i][i] / count;
    }
    for (double ridge = LEAST_RIDGE; ridge <= MOST_RIDGE; ridge *= MORE_RIDGE) {
      if (factor(q, ridge * mean)) {
        return true;
      }
    }
    return false;
  }

  private boolean factor(double[][] q, double ridge) {
    for (int k = 0; k < count; k++) {
      double[] row = u[k];
      double[] of = q[chosen[k]];
      for (int j = k; j < count; j++) {
        row[j] = of[chosen[j]];
      }
      row[k] += ridge;
      int i = 0;
      for (; i + 4 <= k; i += 4) {
        subtract(u[i], u[i + 1], u[i + 2], u[i + 3], k, row);
      }
      for (; i < k; i++) {
        subtract(u[i], u[i][k], k, row);
      }
      if (!(row[k] > 0)) {
        return false;
      }
      double pivot = Math.sqrt(row[k]);
      for (int j = k; j < count; j++) {
        row[j] /= pivot;
      }
    }
    return true;
  }

  /** Four rows at once: row is read and written once. */
  private void subtract(double[] a, double[] b, double[] c, double[] d, int k, double[] row) {
    double ak = a[k];
    double bk = b[k];
    double ck = c[k];
    double dk = d[k];
    for (int j = k; j < count; j++) {
      row[j] -= ak * a[j] + bk * b[j] + (ck * c[j] + dk * d[j]);
    }
  }

  private void subtract(double[] a, double times, int from, double[] row) {
    for (int j = from; j < count; j++) {
      row[j] -= times * a[j];
    }
  }

  private void solve(double[] x) {
    for (int i = 0; i < count; i++) {
      x[i] /= u[i][i];
      subtract(u[i], x[i], i + 1, x);
    }
    for (int i = count - 1; i >= 0; i--) {
      double sum = x[i];
      for (int j = i + 1; j < count; j++) {
        sum -= u[i][j] * x[j];
      }
      x[i] = sum / u[i][i];
    }
  }
}
