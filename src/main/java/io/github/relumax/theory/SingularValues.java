package io.github.relumax.theory;

import io.github.relumax.backend.Buffer;

/**
 * The extreme singular values of C.
 *
 * @param least σmin = ‖C v‖, v the eigenvector of CᵀC; where CᵀC cannot tell its least eigenvalue
 *     from 0 this is rounding, and may be far above the true σmin
 * @param greatest σmax
 * @param fullRank whether C has full column rank as far as float64 can tell from CᵀC: σmin² above d
 *     eps σmax²
 */
public record SingularValues(double least, double greatest, boolean fullRank) {

  /**
   * @param gram CᵀC
   */
  static SingularValues of(ActiveMatrix c, Buffer gram, ExtremeEigenvalues eigenvalues) {
    double greatest = Math.sqrt(Math.max(0, eigenvalues.greatest(gram).value()));
    Eigenvalue least = eigenvalues.least(gram);
    return new SingularValues(
        c.norm(eigenvalues.vector()), greatest, least.value() > least.rounding());
  }
}
