package io.github.relumax.theory;

/** Arithmetic on short vectors. */
final class Vectors {
  private Vectors() {}

  /** ‖v‖. */
  static double norm(double[] v) {
    double norm = 0;
    for (double value : v) {
      norm = Math.hypot(norm, value);
    }
    return norm;
  }

  /** ‖u - v‖. */
  static double distance(double[] u, double[] v) {
    return norm(difference(u, v));
  }

  /** u - v. */
  static double[] difference(double[] u, double[] v) {
    double[] difference = new double[u.length];
    for (int k = 0; k < u.length; k++) {
      difference[k] = u[k] - v[k];
    }
    return difference;
  }

  /** v / ‖v‖. */
  static double[] unit(double[] v) {
    double norm = norm(v);
    double[] unit = new double[v.length];
    for (int k = 0; k < v.length; k++) {
      unit[k] = v[k] / norm;
    }
    return unit;
  }
}
