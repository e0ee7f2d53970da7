package io.github.relumax.newton;

import io.github.relumax.backend.Buffer;

/** The linear systems (H + σI) y = r for one symmetric d x d matrix H and the σ chosen last. */
interface ShiftedSystem {
  /** Mean of |h_jj|: the natural unit of σ. */
  double scale();

  /**
   * Chooses σ.
   *
   * @return false if H + σI is known not to be positive definite; nothing can be solved then
   */
  boolean factor(double shift);

  /**
   * out = (H + σI)⁻¹ r.
   *
   * @param out not r
   * @param precision the residual relative to r, where it is not solved directly
   * @return false if H + σI turned out not to be positive definite
   */
  boolean solve(Buffer r, Buffer out, double precision);
}
