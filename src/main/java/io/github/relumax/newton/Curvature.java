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
  AUTO(CurvatureForm.GAUSS_NEWTON, CurvatureForm.EXACT),
  /** The Hessian with the mask fixed, damped until it is positive definite. */
  EXACT(CurvatureForm.EXACT),
  /** The Gauss-Newton matrix, which is always positive semidefinite. */
  GAUSS_NEWTON(CurvatureForm.GAUSS_NEWTON);

  private final List<CurvatureForm> forms;

  Curvature(CurvatureForm... forms) {
    this.forms = List.of(forms);
  }

  /** The matrices that may be built. */
  List<CurvatureForm> forms() {
    return forms;
  }

  /** "auto", "exact" or "gauss-newton". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
