package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;

/** How H, of either form, becomes linear systems: by the matrix itself, or by something near it. */
interface CurvatureModel extends AutoCloseable {
  /**
   * The systems with H at the objective's x. Valid until {@link #moved}, or until another form is
   * asked for.
   */
  ShiftedSystem at(CurvatureForm form);

  /**
   * The systems that decide whether a solve has converged: with H itself where those of {@link #at}
   * may be far from it. {@link #at} gives the same from then on.
   */
  default ShiftedSystem deciding(CurvatureForm form) {
    return at(form);
  }

  /**
   * The systems of {@link #at} with a matrix, for steps that solve for many right-hand sides. With
   * H itself where {@link #at} has none.
   */
  MatrixSystem direct(CurvatureForm form);

  /** The objective has moved. */
  void moved();

  /** How near to H the systems of this form were that have been solved since the last move. */
  Approximation approximation(CurvatureForm form);

  @Override
  void close();
}
