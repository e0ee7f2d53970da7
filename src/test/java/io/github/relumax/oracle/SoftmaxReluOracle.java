package io.github.relumax.oracle;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import java.util.Arrays;

/**
 * The objective and its derivatives by the paper's formulas, one scalar at a time: slow, plain, and
 * written without a look at the engine. B is an m x m array here, so keep m small.
 */
public final class SoftmaxReluOracle {
  private final double[][] a1;
  private final double[][] a2;
  private final double[] b;
  private final double[] w;

  public SoftmaxReluOracle(Problem problem) {
    a1 = entries(problem.a1());
    a2 = entries(problem.a2());
    b = problem.b();
    w = problem.w().orElseGet(() -> new double[problem.m()]);
  }

  /** All rows of a matrix. */
  public static double[][] entries(Matrix matrix) {
    double[][] entries = new double[(int) matrix.rows()][(int) matrix.columns()];
    for (int i = 0; i < entries.length; i++) {
      for (int j = 0; j < entries[i].length; j++) {
        entries[i][j] = matrix.get(i, j);
      }
    }
    return entries;
  }

  /** Everything at x. */
  public At at(double... x) {
    return new At(x);
  }

  /** One point. */
  public final class At {
    public final double[] z1;
    public final double[] z;
    public final double[] f;
    public final double dataLoss;
    public final double regularization;

    /** The gradient with respect to z. */
    public final double[] gz;

    public final double[] gradient;

    /** For each entry of the gradient the sum of the absolute values that make it up. */
    public final double[] gradientMagnitude;

    /** C = A2 diag(mask) A1. */
    public final double[][] c;

    private At(double[] x) {
      z1 = times(a1, x);
      double[] h = new double[z1.length];
      for (int u = 0; u < h.length; u++) {
        h[u] = z1[u] > 0 ? z1[u] : 0;
      }
      z = times(a2, h);
      f = softmax(z);
      AccurateSum squares = new AccurateSum();
      AccurateSum fc = new AccurateSum();
      AccurateSum weighted = new AccurateSum();
      for (int i = 0; i < z.length; i++) {
        double ci = f[i] - b[i];
        squares.addProduct(ci, ci);
        fc.addProduct(f[i], ci);
        weighted.addProduct(w[i] * z[i], w[i] * z[i]);
      }
      dataLoss = 0.5 * squares.value();
      regularization = 0.5 * weighted.value();
      gz = new double[z.length];
      double[] gzMagnitude = new double[z.length];
      for (int i = 0; i < z.length; i++) {
        double data = f[i] * (f[i] - b[i]);
        double mean = fc.value() * f[i];
        double regular = w[i] * w[i] * z[i];
        gz[i] = data - mean + regular;
        gzMagnitude[i] = Math.abs(data) + Math.abs(mean) + Math.abs(regular);
      }
      c = formC();
      gradient = transposedTimes(c, gz);
      gradientMagnitude = transposedTimes(absolute(c), gzMagnitude);
    }

    public double loss() {
      return dataLoss + regularization;
    }

    /** How many units have z1 > 0. */
    public int activeUnits() {
      return (int) Arrays.stream(z1).filter(value -> value > 0).count();
    }

    /** Cᵀ (B + W²) C with B = diag(q) - p fᵀ - f pᵀ + t f fᵀ. */
    public double[][] hessian() {
      int m = f.length;
      AccurateSum cf = new AccurateSum();
      AccurateSum t = new AccurateSum();
      for (int i = 0; i < m; i++) {
        cf.addProduct(f[i] - b[i], f[i]);
        t.addProduct(3 * f[i] - 2 * b[i], f[i]);
      }
      double[] p = new double[m];
      double[] q = new double[m];
      for (int i = 0; i < m; i++) {
        p[i] = (2 * f[i] - b[i]) * f[i];
        q[i] = p[i] - cf.value() * f[i];
      }
      return between(q, p, t.value());
    }

    /** Cᵀ (J² + W²) C with J² = diag(f²) - (f²) fᵀ - f (f²)ᵀ + ⟨f,f⟩ f fᵀ. */
    public double[][] gaussNewton() {
      double[] squares = new double[f.length];
      AccurateSum ff = new AccurateSum();
      for (int i = 0; i < f.length; i++) {
        squares[i] = f[i] * f[i];
        ff.addProduct(f[i], f[i]);
      }
      return between(squares, squares, ff.value());
    }

    /** Cᵀ (diag(q) - p fᵀ - f pᵀ + t f fᵀ + W²) C. */
    private double[][] between(double[] q, double[] p, double t) {
      int m = f.length;
      int d = c[0].length;
      double[][] bc = new double[m][d];
      double[] row = new double[m];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
          row[j] = -p[i] * f[j] - f[i] * p[j] + t * f[i] * f[j];
        }
        row[i] += q[i] + w[i] * w[i];
        bc[i] = transposedTimes(c, row);
      }
      double[][] hessian = new double[d][];
      for (int k = 0; k < d; k++) {
        hessian[k] = transposedTimes(bc, column(c, k));
      }
      return hessian;
    }

    private double[][] formC() {
      int m = a2.length;
      int d = a1[0].length;
      double[][] product = new double[m][d];
      for (int i = 0; i < m; i++) {
        for (int k = 0; k < d; k++) {
          AccurateSum sum = new AccurateSum();
          for (int u = 0; u < z1.length; u++) {
            if (z1[u] > 0) {
              sum.addProduct(a2[i][u], a1[u][k]);
            }
          }
          product[i][k] = sum.value();
        }
      }
      return product;
    }
  }

  /** exp(z) / Σ exp(z), the maximum subtracted. */
  public static double[] softmax(double[] z) {
    double max = Arrays.stream(z).max().orElseThrow();
    AccurateSum sum = new AccurateSum();
    double[] f = new double[z.length];
    for (int i = 0; i < z.length; i++) {
      f[i] = StrictMath.exp(z[i] - max);
      sum.add(f[i]);
    }
    for (int i = 0; i < z.length; i++) {
      f[i] /= sum.value();
    }
    return f;
  }

  /** a v. */
  public static double[] times(double[][] a, double[] v) {
    return Arrays.stream(a).mapToDouble(row -> AccurateSum.dot(row, v).value()).toArray();
  }

  /** aᵀ v. */
  public static double[] transposedTimes(double[][] a, double[] v) {
    double[] product = new double[a[0].length];
    for (int k = 0; k < product.length; k++) {
      product[k] = AccurateSum.dot(column(a, k), v).value();
    }
    return product;
  }

  private static double[] column(double[][] a, int k) {
    double[] column = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      column[i] = a[i][k];
    }
    return column;
  }

  private static double[][] absolute(double[][] a) {
    return Arrays.stream(a)
        .map(row -> Arrays.stream(row).map(Math::abs).toArray())
        .toArray(double[][]::new);
  }
}
