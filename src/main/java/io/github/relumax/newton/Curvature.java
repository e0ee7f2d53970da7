package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;
import java.util.List;
import java.util.Locale;

/** Which curvature matrix the steps use. */
public enum Curvature {
  /** {@link #FULL} or {@link #SKETCH_CG}, whichever the sizes favour. */
  AUTO,
  /**
   * The Gauss-Newton matrix far away; the Hessian, where it is positive definite, once steps are
   * not what that matrix promises. Summed over all rows of C.
   */
  FULL,
  /** The Hessian with the mask fixed, damped until it is positive definite. */
  EXACT,
  /** The Gauss-Newton matrix, which is always positive semidefinite. */
  GAUSS_NEWTON,
  /** Either, as in {@link #FULL}, from rows of C that are sampled by leverage. */
  SAMPLED,
  /** The diagonal part alone of the Gauss-Newton matrix, for experiments. */
  DIAGONAL,
  /** Either, as in {@link #FULL}, by conjugate gradients that a sampled matrix preconditions. */
  SKETCH_CG;

  /** The matrices that may be built. */
  List<CurvatureForm> forms() {
    return switch (this) {
      case AUTO, FULL, SAMPLED, SKETCH_CG ->
          List.of(CurvatureForm.GAUSS_NEWTON, CurvatureForm.EXACT);
      case EXACT -> List.of(CurvatureForm.EXACT);
      case GAUSS_NEWTON, DIAGONAL -> List.of(CurvatureForm.GAUSS_NEWTON);
    };
  }

  /** Whether one form or the other is taken as suits. */
  boolean choosesForm() {
    return forms().size() > 1;
  }

  /** "auto", "full", "exact", "gauss-newton", "sampled", "diagonal" or "sketch-cg". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
