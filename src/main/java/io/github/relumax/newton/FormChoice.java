package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;
import java.util.List;

/**
 * Which matrices a step is computed from. Where one form or the other is taken as suits, steps
 * begin with the Gauss-Newton matrix; once it has not been good for some steps the exact Hessian
 * competes with it, and is taken alone while it wins.
 */
final class FormChoice {
  /** The exact Hessian is tried after this many Gauss-Newton steps in a row that were not good. */
  private static final int EXACT_PAUSE = 2;

  /**
   * A Gauss-Newton step with a gain ratio this near to 1 has a curvature that is right to this part
   * along the step, so that Gauss-Newton contracts by about as much: the exact Hessian would gain
   * little.
   */
  private static final double GAUSS_NEWTON_GOOD = 0.05;

  private static final double POOR = 0.25;

  private final Curvature curvature;
  private int exactPause = EXACT_PAUSE;
  private boolean exactWon;

  FormChoice(Curvature curvature) {
    this.curvature = curvature;
  }

  /** The forms to try now. */
  List<CurvatureForm> forms() {
    if (!curvature.choosesForm()) {
      return curvature.forms();
    }
    if (exactWon) {
      return List.of(CurvatureForm.EXACT);
    }
    return exactPause > 0 ? List.of(CurvatureForm.GAUSS_NEWTON) : curvature.forms();
  }

  /** After a step of this form, the best of those tried, with this gain ratio. */
  void accepted(CurvatureForm form, List<CurvatureForm> tried, double gainRatio) {
    exactWon = form == CurvatureForm.EXACT;
    boolean good = Math.abs(gainRatio - 1) <= GAUSS_NEWTON_GOOD;
    boolean lost = !exactWon && tried.contains(CurvatureForm.EXACT);
    exactPause = good || lost || gainRatio < POOR ? EXACT_PAUSE : Math.max(0, exactPause - 1);
  }

  /** After a round without a step, an indefinite exact Hessian, or a move to another place. */
  void restart() {
    exactPause = EXACT_PAUSE;
    exactWon = false;
  }
}
