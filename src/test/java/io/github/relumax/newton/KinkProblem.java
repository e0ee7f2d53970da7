package io.github.relumax.newton;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.Arrays;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A problem whose minimiser x* is known to lie at kinks. x* is integer and the rows of the first
 * units of A1 are integers orthogonal to it, so that z1_i = 0 exactly there, in any order of
 * summation. With chosen multipliers 0 &lt;= s_i &lt;= 1 at those units (s_i = 1 at active, 0 at
 * inactive ones) b is such that
 *
 * <pre>  A1ᵀ (s ∘ v) = 0,   v = A2ᵀ gz,   v_i = slope at the kinks:</pre>
 *
 * 0 is in the generalized gradient. As gz = J c with J = diag(f) - f fᵀ, and J (gz / f) = gz where
 * the entries of gz add up to 0, b = f - gz / f. Of all such c = gz / f the shortest direction is
 * taken, and ‖c‖ = {@link #MISSED} ‖f‖, so that the curvature is positive.
 *
 * @param slope v_i at the kinks
 */
record KinkProblem(Problem problem, double[] xStar, double slope) {
  private static final double MISSED = 0.001;

  /**
   * A problem of random units.
   *
   * @param s multipliers of the units at their kink, the first ones; where s_i &gt; 1 unit i has
   *     the row of the unit before it, and the multiplier s_i - 2
   */
  static KinkProblem of(int m, int n, int d, int seed, double... s) {
    return of(MISSED, m, n, d, seed, s);
  }

  /**
   * The same with another ‖c‖ relative to ‖f‖: where it is large, the Hessian need be positive
   * definite along the kinks only.
   */
  static KinkProblem of(double missed, int m, int n, int d, int seed, double... s) {
    Random random = new Random(seed);
    double[] x = integers(random, d);
    double[][] a1 = new double[n][];
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      if (i < s.length) {
        a1[i] = s[i] > 1 ? a1[i - 1] : orthogonal(random, x);
        weights[i] = s[i] > 1 ? s[i] - 2 : s[i];
      } else {
        a1[i] = normals(random, d);
        // No unit without a name comes near its kink.
        double z = dot(a1[i], x);
        double away = Math.signum(z) * Math.sqrt(dot(x, x)) / dot(x, x);
        double[] row = a1[i];
        Arrays.setAll(row, k -> row[k] + away * x[k]);
        weights[i] = z > 0 ? 1 : 0;
      }
    }
    double[][] a2 = new double[m][];
    Arrays.setAll(a2, i -> normals(random, n));
    for (double[] row : a2) {
      // Logits of about one.
      Arrays.setAll(row, u -> row[u] / Math.sqrt(n * dot(x, x) / d));
    }
    double[] f =
        new SoftmaxReluOracle(Problem.of(Matrix.of(a1), Matrix.of(a2), new double[m])).at(x).f;

    // With gz = f∘c: c least with Σ_i f_i c_i = 0, A1ᵀ (s ∘ A2ᵀ (f∘c)) = 0, (A2ᵀ (f∘c))_K = 1.
    int conditions = 1 + d + s.length;
    DMatrixRMaj matrix = new DMatrixRMaj(conditions, m);
    DMatrixRMaj right = new DMatrixRMaj(conditions, 1);
    for (int j = 0; j < m; j++) {
      matrix.set(0, j, f[j]);
      for (int k = 0; k < d; k++) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
          sum += a1[i][k] * weights[i] * a2[j][i];
        }
        matrix.set(1 + k, j, sum * f[j]);
      }
      for (int i = 0; i < s.length; i++) {
        matrix.set(1 + d + i, j, a2[j][i] * f[j]);
      }
    }
    for (int i = 0; i < s.length; i++) {
      right.set(1 + d + i, 0, 1);
    }
    DMatrixRMaj inverse = new DMatrixRMaj(m, conditions);
    CommonOps_DDRM.pinv(matrix, inverse);
    DMatrixRMaj c = new DMatrixRMaj(m, 1);
    CommonOps_DDRM.mult(inverse, right, c);
    double slope = missed * Math.sqrt(dot(f, f) / dot(c.data, c.data));
    double[] b = new double[m];
    Arrays.setAll(b, j -> f[j] - slope * c.get(j, 0));
    return new KinkProblem(Problem.of(Matrix.of(a1), Matrix.of(a2), b), x, slope);
  }

  /** x* and a normal vector of this length relative to it. */
  double[] startAt(double distance, int seed) {
    double[] offset = normals(new Random(seed), xStar.length);
    double size = distance * Math.sqrt(dot(xStar, xStar) / dot(offset, offset));
    double[] x = new double[xStar.length];
    Arrays.setAll(x, k -> xStar[k] + size * offset[k]);
    return x;
  }

  /** From -3 to 3, none of them 0. */
  static double[] integers(Random random, int size) {
    double[] values = new double[size];
    Arrays.setAll(values, k -> (random.nextBoolean() ? 1 : -1) * (1 + random.nextInt(3)));
    return values;
  }

  /** Integers orthogonal to integers x, times a power of two that makes their norm about 1. */
  static double[] orthogonal(Random random, double[] x) {
    double[] q = new double[x.length];
    double[] row = new double[x.length];
    do {
      Arrays.setAll(q, k -> random.nextInt(21) - 10);
      double along = dot(q, x);
      double size = dot(x, x);
      Arrays.setAll(row, k -> size * q[k] - along * x[k]);
    } while (dot(row, row) == 0 && x.length > 1);
    int exponent = x.length > 1 ? Math.getExponent(Math.sqrt(dot(row, row))) : 0;
    Arrays.setAll(row, k -> Math.scalb(row[k], -exponent));
    return row;
  }

  static double[] normals(Random random, int size) {
    double[] values = new double[size];
    Arrays.setAll(values, k -> random.nextGaussian());
    return values;
  }

  static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += u[k] * v[k];
    }
    return sum;
  }
}
