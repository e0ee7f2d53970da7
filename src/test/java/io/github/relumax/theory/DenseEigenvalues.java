package io.github.relumax.theory;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/** All eigenvalues of a small symmetric matrix, by EJML. */
final class DenseEigenvalues {
  private DenseEigenvalues() {}

  /** In ascending order. */
  static double[] of(double[][] matrix) {
    int d = matrix.length;
    double scale = 0;
    for (double[] row : matrix) {
      for (double entry : row) {
        scale = Math.max(scale, Math.abs(entry));
      }
    }
    double[] values = new double[d];
    if (scale == 0) {
      return values;
    }
    // EJML has thresholds of its own, near 1.
    DMatrixRMaj scaled = new DMatrixRMaj(matrix);
    for (int k = 0; k < scaled.data.length; k++) {
      scaled.data[k] /= scale;
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(d, false, true);
    if (!eigen.decompose(scaled)) {
      throw new AssertionError("EJML found no eigenvalues");
    }
    for (int k = 0; k < d; k++) {
      values[k] = scale * eigen.getEigenvalue(k).getReal();
    }
    Arrays.sort(values);
    return values;
  }

  /** ‖a - b‖₂ for symmetric a and b. */
  static double distance(double[][] a, double[][] b) {
    double[][] difference = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        difference[i][j] = a[i][j] - b[i][j];
      }
    }
    double[] values = of(difference);
    return Math.max(-values[0], values[values.length - 1]);
  }
}
