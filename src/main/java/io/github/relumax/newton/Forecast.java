package io.github.relumax.newton;

/**
 * What a model without damping promises along a step p:
 *
 * <pre>  -(t gᵀp + t²/2 pᵀHp + Σ_k v_k max(0, z_k + t a_k))</pre>
 *
 * @param slope gᵀp
 * @param curvature pᵀHp
 * @param v for each kink that the model knows, the slope of what lies beyond it
 * @param z how far beyond it x is; 0 or less
 * @param a how much further p goes
 */
record Forecast(double slope, double curvature, double[] v, double[] z, double[] a) {
  private static final double[] NONE = {};

  /** No kinks. */
  Forecast(double slope, double curvature) {
    this(slope, curvature, NONE, NONE, NONE);
  }

  /** The decrease promised for x + t p. */
  double decrease(double t) {
    double change = t * (slope + 0.5 * t * curvature);
    for (int k = 0; k < v.length; k++) {
      change += v[k] * Math.max(0, z[k] + t * a[k]);
    }
    return -change;
  }
}
