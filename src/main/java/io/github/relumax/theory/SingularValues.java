package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.WeightedRows;
import java.util.Arrays;

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
   * @param c whose rows are those of C; its trial points are overwritten
   * @param gram CᵀC
   */
  static SingularValues of(
      Backend backend, CurvatureRows c, Buffer gram, ExtremeEigenvalues eigenvalues) {
    double greatest = Math.sqrt(Math.max(0, eigenvalues.greatest(gram).value()));
    Eigenvalue least = eigenvalues.least(gram);
    Buffer z = c.scratch().row(0);
    c.products(eigenvalues.vector(), z);
    return new SingularValues(
        Math.sqrt(backend.dot(z, z)), greatest, least.value() > least.rounding());
  }

  /** out = CᵀC, d x d. */
  static void gram(Backend backend, CurvatureRows c, Buffer out) {
    int m = (int) c.weights().rows();
    double[] values = new double[m];
    Arrays.fill(values, 1);
    try (Buffer ones = backend.allocate(m, 1);
        Buffer zero = backend.allocate(1, out.columns())) {
      backend.write(values, ones);
      c.gram(new WeightedRows(ones, zero), 0, out);
    }
  }
}
