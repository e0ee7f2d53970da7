package io.github.relumax.newton;

/**
 * What a model without damping promises along a step p:
 *
 * <pre>  -(t gᵀp + t²/2 pᵀHp + Σ_i v_i (max(0, z_i + t a_iᵀp) - max(0, z_i)))</pre>
 *
 * @param slope gᵀp, of everything but the units named
 * @param curvature pᵀHp
 * @param v slope of the loss in unit i's activation, for the units whose kink the model knows
 * @param z their pre-activations
 * @param ap what p adds to them
 */
record Forecast(double slope, double curvature, double[] v, double[] z, double[] ap) {
  private static final double[] NONE = {};

  /** No kinks. */
  Forecast(double slope, double curvature) {
    this(slope, curvature, NONE, NONE, NONE);
  }

  /** The decrease promised for x + t p. */
  double decrease(double t) {
    double change = t * (slope + 0.5 * t * curvature);
    for (int i = 0; i < v.length; i++) {
      change += v[i] * (Math.max(0, z[i] + t * ap[i]) - Math.max(0, z[i]));
    }
    return -change;
  }
}
