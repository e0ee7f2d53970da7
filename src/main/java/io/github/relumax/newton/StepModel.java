package io.github.relumax.newton;

import io.github.relumax.backend.Buffer;

/**
 * What a step minimises at one x, before damping and ball: with H + σI and gradient g + ν x,
 *
 * <pre>  (g + ν x)ᵀp + 1/2 pᵀ(H + σI)p</pre>
 *
 * and whatever else the model knows of the loss along p.
 */
interface StepModel {
  /** Mean of |h_jj|: the natural unit of σ. */
  double scale();

  /**
   * p = the minimiser.
   *
   * @param precision of the linear systems, where they are not solved directly
   * @return false if H + σI is not positive definite
   */
  boolean minimise(double shift, double nu, double precision, Buffer p);

  /**
   * out = -dp/dν for the last minimiser, with x + p in place of x: how fast p turns to the origin.
   *
   * @param point x + p
   */
  boolean turn(Buffer point, double precision, Buffer out);

  /** gᵀp, g being all that (H + σI) p + ν x balances at the last minimiser. */
  double slope(Buffer p);

  /** What the undamped model promises along the last minimiser p. */
  Forecast forecast(Buffer p, double curvature);
}
