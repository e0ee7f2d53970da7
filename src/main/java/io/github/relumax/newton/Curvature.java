package io.github.relumax.newton;

import java.util.Locale;

/** Which curvature matrix the steps use. */
public enum Curvature {
  /**
   * Gauss-Newton far away; the exact Hessian once it is positive definite and its step lowers the
   * loss more.
   */
  AUTO,
  /** The Hessian with the mask fixed, damped until it is positive definite. */
  EXACT,
  /** The Gauss-Newton matrix, which is always positive semidefinite. */
  GAUSS_NEWTON;

  /** "auto", "exact" or "gauss-newton". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
