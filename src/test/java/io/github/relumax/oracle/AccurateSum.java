package io.github.relumax.oracle;

/**
 * A sum in about twice float64's precision (error-free transformations: two-sum, and a product with
 * its rounding by fma), with the sum of the absolute values of its terms, against which the error
 * of an ordinary summation is judged.
 */
public final class AccurateSum {
  private double high;
  private double low;
  private double magnitude;

  /** Adds a term. */
  public void add(double term) {
    double sum = high + term;
    double part = sum - high;
    low += (high - (sum - part)) + (term - part);
    high = sum;
    magnitude += Math.abs(term);
  }

  /** Adds u v, the rounding of the product included. */
  public void addProduct(double u, double v) {
    double product = u * v;
    add(product);
    low += Math.fma(u, v, -product);
  }

  /** The sum, rounded once. */
  public double value() {
    return high + low;
  }

  /** Σ |term|. */
  public double magnitude() {
    return magnitude;
  }

  /** ⟨u, v⟩. */
  public static AccurateSum dot(double[] u, double[] v) {
    AccurateSum sum = new AccurateSum();
    for (int i = 0; i < u.length; i++) {
      sum.addProduct(u[i], v[i]);
    }
    return sum;
  }
}
