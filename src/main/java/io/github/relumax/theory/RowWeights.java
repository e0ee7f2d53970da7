package io.github.relumax.theory;

/**
 * A diagonal W² for which B + W² &gt;= κ I, with weights only where B needs them. B is diag(q)
 * between projections and negative only through the rows with q_i &lt; 0:
 *
 * <pre>
 *   xᵀBx = Σ q_i (x_i - ⟨f,x⟩)² &gt;= -2 Σ q_i⁻ (x_i² + ⟨f,x⟩²) &gt;= -2 Σ s_i x_i²
 *   s_i = q_i⁻ + N f_i,   q⁻ = max(-q, 0),   N = Σ q_i⁻
 * </pre>
 *
 * (Jensen: ⟨f,x⟩² &lt;= Σ f_i x_i²). So w_i² = κ + 2 s_i is enough, and so is w_i² = κ + τ s_i for
 * the smallest τ with B + τ diag(s) &gt;= 0, which inertia counts tell exactly. Its sum over the
 * rows is at most 4 N + m κ.
 */
final class RowWeights {
  /** τ is found to this; the value taken is the one above. */
  private static final double TOLERANCE = 1e-9;

  private RowWeights() {}

  /** w² (m). */
  static double[] squares(double[] f, double[] b, double kappa) {
    double[] q = MiddleMatrix.diagonal(f, b);
    double[] shape = shape(f, q);
    double[] squares = times(factor(f, q, shape), shape);
    for (int i = 0; i < squares.length; i++) {
      squares[i] += kappa;
    }
    return squares;
  }

  private static double[] shape(double[] f, double[] q) {
    double negative = 0;
    for (double value : q) {
      negative += Math.max(-value, 0);
    }
    double[] shape = new double[q.length];
    for (int i = 0; i < q.length; i++) {
      shape[i] = Math.max(-q[i], 0) + negative * f[i];
    }
    return shape;
  }

  private static double factor(double[] f, double[] q, double[] shape) {
    double low = 0;
    double high = 2;
    while (high - low > TOLERANCE) {
      double middle = 0.5 * (low + high);
      if (MiddleMatrix.isPositiveSemidefinite(f, q, times(middle, shape))) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  private static double[] times(double factor, double[] values) {
    double[] product = new double[values.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = factor * values[i];
    }
    return product;
  }
}
