package io.github.relumax.theory;

/**
 * The m x m matrix that stands between Cᵀ and C in the Hessian, B or B + W², and its extreme
 * eigenvalues, without ever being formed:
 *
 * <pre>
 *   B = diag(q) - p fᵀ - f pᵀ + t f fᵀ = P diag(q) Pᵀ,   P = I - f 1ᵀ
 *   p = (2f - b)∘f,   q = p - ⟨c,f⟩ f,   t = ⟨3f - 2b, f⟩,   c = f - b
 * </pre>
 *
 * How many eigenvalues lie below a number s follows from Sylvester's law of inertia. Every x of
 * length m is y + ξ 1 with ⟨f,y⟩ = 0 in one way, and with v = w² - s, δ = q + v
 *
 * <pre>  xᵀ(B + W² - s I)x = Σ δ_i y_i² + 2 ξ Σ v_i y_i + ξ² Σ v_i</pre>
 *
 * so that eliminating y under its constraint leaves
 *
 * <pre>
 *         [  Σ v q/δ   -Σ v f/δ ]
 *   K  =  [ -Σ v f/δ   -Σ f²/δ  ],     eigenvalues below s = #(δ_i &lt; 0) + #(eigenvalues of K below 0) - 1
 * </pre>
 *
 * in O(m). Bisection on the count needs no bracket of poles, and minds neither ties nor rows with
 * f_i = 0. No sum holds a term that another one is meant to cancel: where softmax is so peaked that
 * B is small beside q, its eigenvalues keep their digits.
 *
 * <p>The error of an eigenvalue is a few units in the last place of the larger one in size, and of
 * what rounding q_i and w_i² moves it by.
 */
public final class MiddleMatrix {
  private static final double EPS = Math.ulp(1.0);

  /** Stands for any δ_i nearer to 0, so that nothing overflows: far below the rounding of s. */
  private static final double NO_GAP = EPS * EPS;

  private final double[] f;

  /** q and w², in units of the largest of them in size, so that no product overflows. */
  private final double[] q;

  private final double[] w2;
  private final double unit;
  private final boolean weighted;

  private double least;
  private double greatest;

  private MiddleMatrix(double[] f, double[] q, double[] w2) {
    this.f = f;
    unit = Math.max(largest(q), largest(w2));
    this.q = inUnits(q);
    this.w2 = inUnits(w2);
    weighted = largest(w2) > 0;
  }

  /** B at f = softmax(z) and any b, both of length m. */
  public static MiddleMatrix of(double[] f, double[] b) {
    return of(f, b, new double[f.length]);
  }

  /**
   * B + W².
   *
   * @param w2 the squares of the diagonal of W
   */
  public static MiddleMatrix of(double[] f, double[] b, double[] w2) {
    MiddleMatrix matrix = new MiddleMatrix(f, diagonal(f, b), w2);
    matrix.bisect();
    return matrix;
  }

  /** q = (2f - b)∘f - ⟨c,f⟩ f. */
  static double[] diagonal(double[] f, double[] b) {
    Sum sum = new Sum();
    for (int i = 0; i < f.length; i++) {
      sum.add(f[i] * (f[i] - b[i]));
    }
    double cf = sum.value();
    double[] q = new double[f.length];
    for (int i = 0; i < q.length; i++) {
      q[i] = f[i] * (2 * f[i] - b[i] - cf);
    }
    return q;
  }

  /** Whether P diag(q) Pᵀ + W² has no eigenvalue below 0. */
  static boolean isPositiveSemidefinite(double[] f, double[] q, double[] w2) {
    return new MiddleMatrix(f, q, w2).countBelow(0) == 0;
  }

  /** λmin. */
  public double least() {
    return least;
  }

  /** λmax. */
  public double greatest() {
    return greatest;
  }

  /** How many eigenvalues are below s. */
  int eigenvaluesBelow(double s) {
    if (unit == 0) {
      return s > 0 ? f.length : 0;
    }
    return countBelow(s / unit);
  }

  private void bisect() {
    if (unit == 0) {
      return;
    }
    // B is at most ‖diag q‖ plus the size of its rank-two part, q fᵀ + f qᵀ - ⟨q,1⟩ f fᵀ.
    double ff = square(f);
    double bound = (1 + 1e-8) * (1 + 2 * Math.sqrt(square(q) * ff) + Math.abs(sum(q)) * ff);
    // Without W, 0 is an eigenvalue: B 1 = 0.
    double above = weighted ? bound + 1 : bound;
    greatest = crossing(weighted ? -bound : 0, above, f.length, EPS * bound)[0];
    double floor = Math.max(EPS * bound, Math.abs(greatest));
    least = crossing(-bound, weighted ? above : 0, 1, floor)[1];
    greatest *= unit;
    least *= unit;
  }

  /**
   * Narrows low..high to where {@code count} eigenvalues first lie below.
   *
   * @param floor numbers are told apart to EPS times this, or their own size where that is larger
   */
  private double[] crossing(double low, double high, int count, double floor) {
    double a = low;
    double b = high;
    while (b - a > EPS * Math.max(Math.max(Math.abs(a), Math.abs(b)), floor)) {
      double middle = a + 0.5 * (b - a);
      if (countBelow(middle) < count) {
        a = middle;
      } else {
        b = middle;
      }
    }
    return new double[] {a, b};
  }

  private int countBelow(double s) {
    Sum vq = new Sum();
    Sum vf = new Sum();
    Sum ff = new Sum();
    int negative = 0;
    for (int i = 0; i < f.length; i++) {
      double v = w2[i] - s;
      double gap = q[i] + v;
      if (Math.abs(gap) < NO_GAP) {
        gap = NO_GAP;
      }
      if (gap < 0) {
        negative++;
      }
      double inverse = 1 / gap;
      vq.add(v * q[i] * inverse);
      vf.add(v * f[i] * inverse);
      ff.add(f[i] * f[i] * inverse);
    }
    return negative + negativeEigenvalues(vq.value(), -vf.value(), -ff.value()) - 1;
  }

  /** How many eigenvalues of [[a, b], [b, c]] are below 0. */
  private static int negativeEigenvalues(double a, double b, double c) {
    double determinant = a * c - b * b;
    if (determinant > 0) {
      return c < 0 ? 2 : 0;
    }
    return determinant < 0 || a + c < 0 ? 1 : 0;
  }

  private double[] inUnits(double[] values) {
    double[] scaled = values.clone();
    for (int i = 0; unit > 0 && i < scaled.length; i++) {
      scaled[i] /= unit;
    }
    return scaled;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double square(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  /** A sum that carries what rounding takes from it. */
  private static final class Sum {
    private double high;
    private double low;

    void add(double term) {
      double sum = high + term;
      double back = sum - high;
      low += (high - (sum - back)) + (term - back);
      high = sum;
    }

    double value() {
      return high + low;
    }
  }
}
