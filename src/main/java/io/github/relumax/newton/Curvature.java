package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;
import java.util.List;
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

  /** The matrices that may be built. */
  List<CurvatureForm> forms() {
    return switch (this) {
      case AUTO -> List.of(CurvatureForm.GAUSS_NEWTON, CurvatureForm.EXACT);
      case EXACT -> List.of(CurvatureForm.EXACT);
      case GAUSS_NEWTON -> List.of(CurvatureForm.GAUSS_NEWTON);
    };
  }

  /** "auto", "exact" or "gauss-newton". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
