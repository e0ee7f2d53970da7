package io.github.relumax.newton;

/**
 * What a step's H has more than that of the loss: ρ Σ a_i a_iᵀ over units that sit at their kink
 * and are held there by slopes on both sides. While they stay, a_iᵀp = 0 and the model is the same;
 * but H, which need be positive definite only along these kinks, has become so everywhere.
 *
 * @param rho ρ
 * @param units i
 */
record Stiffening(double rho, int[] units) {
  static final Stiffening NONE = new Stiffening(0, new int[0]);

  /** What it adds to pᵀHp, for A1 p. */
  double along(double[] ap) {
    double sum = 0;
    for (int i : units) {
      sum += rho * ap[i] * ap[i];
    }
    return sum;
  }
}
