package io.github.relumax.newton;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * The generalized gradient of the loss at one x, by the oracle: grad + Σ s_i v_i a_i, 0 &lt;= s_i
 * &lt;= 1, over the convex kinks that only rounding keeps x from; on the sphere of the ball with ν
 * x, ν &gt;= 0, besides.
 */
final class GeneralizedGradient {
  private static final double EPS = Math.ulp(1.0);

  /** Kinks whose patterns of bounds are counted; of more there are too many. */
  private static final int MOST_COUNTED = 6;

  final SoftmaxReluOracle.At at;

  /** The units at their kink with v_i &gt; 0. */
  final int[] kinks;

  /** The multiplier of the ball, 0 inside. */
  final double nu;

  /** ‖its element nearest to 0‖. */
  final double distance;

  /** Of the gradient. */
  final double rounding;

  /** How many units are active, and not so by rounding alone. */
  final int activeUnits;

  GeneralizedGradient(Problem problem, double[] x) {
    at = new SoftmaxReluOracle(problem).at(x);
    double[][] a1 = SoftmaxReluOracle.entries(problem.a1());
    double[] v = slopes(problem, at);
    double size = norm(x);
    boolean[] atKink = new boolean[v.length];
    for (int i = 0; i < v.length; i++) {
      double norm = norm(a1[i]);
      atKink[i] = norm > 0 && Math.abs(at.z1[i]) <= 8 * EPS * Math.sqrt(x.length) * norm * size;
    }
    kinks = IntStream.range(0, v.length).filter(i -> atKink[i] && v[i] > 0).toArray();
    double[] gradient = new double[x.length];
    int active = 0;
    for (int i = 0; i < v.length; i++) {
      if (at.z1[i] > 0 && !atKink[i]) {
        active++;
        gradient = plus(gradient, v[i], a1[i]);
      }
    }
    activeUnits = active;
    boolean onSphere = size > problem.radius() * (1 - 1e-9);
    // Rows of units at their kink are orthogonal to x, and take no part in ν.
    nu = onSphere ? Math.max(0, -KinkProblem.dot(gradient, x) / KinkProblem.dot(x, x)) : 0;
    gradient = plus(gradient, nu, x);
    double[][] rows =
        Arrays.stream(kinks)
            .mapToObj(i -> plus(new double[x.length], v[i], a1[i]))
            .toArray(double[][]::new);
    distance = kinks.length <= MOST_COUNTED ? least(gradient, rows) : leastOfMany(gradient, rows);
    rounding = rounding(problem, at);
  }

  /** A2ᵀ gz. */
  static double[] slopes(Problem problem, SoftmaxReluOracle.At at) {
    return SoftmaxReluOracle.transposedTimes(SoftmaxReluOracle.entries(problem.a2()), at.gz);
  }

  /**
   * f is known to some eps times the largest logit, and so is f - b, however small; gz has its
   * rounding times f, and so have the slopes of all units.
   */
  static double rounding(Problem problem, SoftmaxReluOracle.At at) {
    double squares = 0;
    for (int j = 0; j < at.f.length; j++) {
      squares += Math.pow(at.f[j] * (at.f[j] + Math.abs(problem.b()[j])), 2);
    }
    double size = Math.max(1, Arrays.stream(at.z).map(Math::abs).max().orElseThrow());
    for (Matrix factor : List.of(problem.a1(), problem.a2())) {
      size *= norm(factor.toArray());
    }
    return 8 * EPS * size * Math.sqrt(squares);
  }

  /** The least ‖g + Σ s_k w_k‖ over 0 <= s <= 1: of all patterns of bounds. */
  static double least(double[] gradient, double[][] w) {
    double least = Double.POSITIVE_INFINITY;
    for (int pattern = 0; pattern < Math.pow(3, w.length); pattern++) {
      double[] rest = gradient;
      List<double[]> free = new ArrayList<>();
      for (int k = 0, digits = pattern; k < w.length; k++, digits /= 3) {
        if (digits % 3 == 1) {
          rest = plus(rest, 1, w[k]);
        } else if (digits % 3 == 2) {
          free.add(w[k]);
        }
      }
      double[] s = leastSquares(rest, free);
      for (int j = 0; j < s.length; j++) {
        // Any point of the box is as good a bound from above.
        rest = plus(rest, Math.clamp(s[j], 0, 1), free.get(j));
      }
      least = Math.min(least, norm(rest));
    }
    return least;
  }

  /** s with least ‖rest + Σ s_k w_k‖. */
  private static double[] leastSquares(double[] rest, List<double[]> w) {
    if (w.isEmpty()) {
      return new double[0];
    }
    DMatrixRMaj matrix = new DMatrixRMaj(rest.length, w.size());
    for (int c = 0; c < rest.length; c++) {
      for (int j = 0; j < w.size(); j++) {
        matrix.set(c, j, -w.get(j)[c]);
      }
    }
    DMatrixRMaj inverse = new DMatrixRMaj(w.size(), rest.length);
    DMatrixRMaj s = new DMatrixRMaj(w.size(), 1);
    CommonOps_DDRM.pinv(matrix, inverse);
    CommonOps_DDRM.mult(inverse, DMatrixRMaj.wrap(rest.length, 1, rest.clone()), s);
    return s.data;
  }

  /** The same for many: where no bound binds by least squares, else by sweeps along each s_k. */
  private static double leastOfMany(double[] gradient, double[][] w) {
    double[] s = leastSquares(gradient, List.of(w));
    double[] rest = gradient;
    for (int k = 0; k < w.length; k++) {
      rest = plus(rest, s[k], w[k]);
    }
    boolean inside = Arrays.stream(s).allMatch(value -> value >= 0 && value <= 1);
    return inside ? norm(rest) : descended(gradient, w);
  }

  private static double descended(double[] gradient, double[][] w) {
    double[] s = new double[w.length];
    double[] rest = gradient;
    for (int sweep = 0; sweep < 20_000; sweep++) {
      for (int k = 0; k < w.length; k++) {
        double along = KinkProblem.dot(rest, w[k]) / KinkProblem.dot(w[k], w[k]);
        double next = Math.clamp(s[k] - along, 0, 1);
        rest = next == s[k] ? rest : plus(rest, next - s[k], w[k]);
        s[k] = next;
      }
    }
    return norm(rest);
  }

  static double[] plus(double[] u, double factor, double[] v) {
    double[] sum = new double[u.length];
    Arrays.setAll(sum, k -> u[k] + factor * v[k]);
    return sum;
  }

  private static double norm(double[] v) {
    return Math.sqrt(KinkProblem.dot(v, v));
  }
}
