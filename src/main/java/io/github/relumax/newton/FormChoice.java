package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;

/**
 * Which matrix a step is computed from. Where one form or the other is taken as suits, steps begin
 * with the Gauss-Newton matrix; once it has not been good for some steps the exact Hessian takes
 * over, until it is indefinite or no length of its step lowers the loss.
 */
final class FormChoice {
  /**
   * The exact Hessian takes over after this many Gauss-Newton steps in a row that were not good.
   */
  private static final int EXACT_PAUSE = 3;

  /**
   * A Gauss-Newton step with a gain ratio this near to 1 has a curvature that is right to this part
   * along the step, so that Gauss-Newton contracts by about as much: the exact Hessian would gain
   * little.
   */
  private static final double GAUSS_NEWTON_GOOD = 0.05;

  private static final double POOR = 0.25;

  private final Curvature curvature;

  /** Gauss-Newton steps that are to come first. */
  private int exactPause = EXACT_PAUSE;

  FormChoice(Curvature curvature) {
    this.curvature = curvature;
  }

  /** The form of the next step. */
  CurvatureForm form() {
    if (!curvature.choosesForm()) {
      return curvature.forms().getFirst();
    }
    return exactPause > 0 ? CurvatureForm.GAUSS_NEWTON : CurvatureForm.EXACT;
  }

  /** After a step of this form with this gain ratio. */
  void accepted(CurvatureForm form, double gainRatio) {
    if (form == CurvatureForm.GAUSS_NEWTON) {
      boolean good = Math.abs(gainRatio - 1) <= GAUSS_NEWTON_GOOD;
      exactPause = good || gainRatio < POOR ? EXACT_PAUSE : exactPause - 1;
    }
  }

  /** After a round without a step, an indefinite exact Hessian, or a move to another place. */
  void restart() {
    exactPause = EXACT_PAUSE;
  }
}
