package io.github.relumax.model;

import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * One softmax-ReLU regression: find x (d) that minimises
 *
 * <pre>
 *     L(x) = 1/2 ‖softmax(A2 relu(A1 x)) - b‖² + 1/2 ‖W A2 relu(A1 x)‖²      subject to ‖x‖₂ ≤ radius
 * </pre>
 *
 * with A1 (n x d), A2 (m x n), b (m) and W = diag(w) (m x m). Immutable. Every shape and value is
 * checked once, here: a Problem that exists is consistent and finite. The matrices are not copied,
 * so whoever owns their memory must leave it as it is.
 *
 * <p>b may be any finite vector; it need not be a probability distribution.
 */
public final class Problem {
  /** The largest m, n and d: the longest array a Java virtual machine promises. */
  public static final int MAX_SIZE = Integer.MAX_VALUE - 8;

  private final Matrix a1;
  private final Matrix a2;
  private final double[] b;
  private final double[] w;
  private final double radius;

  private Problem(Matrix a1, Matrix a2, double[] b, double[] w, double radius) {
    this.a1 = a1;
    this.a2 = a2;
    this.b = b;
    this.w = w;
    this.radius = radius;
  }

  /**
   * The problem without regulariser (W = 0) and without constraint.
   *
   * @throws InvalidInputException if the shapes do not fit each other, a size is 0 or above {@link
   *     #MAX_SIZE}, or a value is not finite
   */
  public static Problem of(Matrix a1, Matrix a2, double[] b) {
    return of(a1, a2, b, "b");
  }

  /** The same, with the name that messages use for {@code b}: its file, say. */
  public static Problem of(Matrix a1, Matrix a2, double[] b, String bName) {
    requireShapes(a1, a2.rows(), a2.columns(), a2.name());
    requireVector(b, (int) a2.rows(), bName, a2.name() + " has %d rows (m)".formatted(a2.rows()));
    FiniteCheck.require(a1);
    Matrix counted = a2.withNonZeros(FiniteCheck.require(a2));
    return new Problem(a1, counted, b.clone(), null, Double.POSITIVE_INFINITY);
  }

  /**
   * Checks that A1 and an A2 of this shape make a problem.
   *
   * @param a2Name what messages call A2
   * @throws InvalidInputException if the shapes do not fit each other, or a size is 0 or above
   *     {@link #MAX_SIZE}
   */
  public static void requireShapes(Matrix a1, long a2Rows, long a2Columns, String a2Name) {
    requireSize(a1.rows(), "rows (n)", a1.rows(), a1.columns(), a1.name());
    requireSize(a1.columns(), "columns (d)", a1.rows(), a1.columns(), a1.name());
    requireSize(a2Rows, "rows (m)", a2Rows, a2Columns, a2Name);
    if (a2Columns != a1.rows()) {
      throw new InvalidInputException(
          "%s: %d x %d, expected %d x %d because %s has %d rows (n)"
              .formatted(a2Name, a2Rows, a2Columns, a2Rows, a1.rows(), a1.name(), a1.rows()));
    }
  }

  /**
   * This problem with W = diag(w). Only w² enters, so signs do not matter. All zeros means no
   * regulariser.
   *
   * @throws InvalidInputException if the length is not m or a value is not finite
   */
  public Problem withWeights(double[] w) {
    return withWeights(w, "w");
  }

  /** The same, with the name that messages use for {@code w}: its file, say. */
  public Problem withWeights(double[] w, String name) {
    requireVector(w, m(), name, a2.name() + " has %d rows (m)".formatted(m()));
    boolean none = true;
    for (double value : w) {
      none &= value == 0;
    }
    return new Problem(a1, a2, b, none ? null : w.clone(), radius);
  }

  /**
   * This problem with W = w I; 0 means no regulariser.
   *
   * @throws InvalidInputException if w is not finite
   */
  public Problem withWeight(double w) {
    if (!Double.isFinite(w)) {
      throw new InvalidInputException("weight: " + w + ", expected a finite number");
    }
    double[] weights = null;
    if (w != 0) {
      weights = new double[m()];
      Arrays.fill(weights, w);
    }
    return new Problem(a1, a2, b, weights, radius);
  }

  /**
   * This problem with the constraint ‖x‖₂ ≤ radius; positive infinity means no constraint.
   *
   * @throws InvalidInputException if the radius is not positive
   */
  public Problem withRadius(double radius) {
    if (!(radius > 0)) {
      throw new InvalidInputException("radius: " + radius + ", expected a number above 0");
    }
    return new Problem(a1, a2, b, w, radius);
  }

  /**
   * The problem of some rows of A2 alone, with a b of their own, without regulariser, in the same
   * ball. What was checked is not checked again.
   *
   * @param numbers of the rows, in the order that they are to have ({@link Matrix#rows})
   * @param arena whose memory they take if they are copied
   * @throws InvalidInputException if there are none, b does not have an entry for each, or one is
   *     not finite
   */
  public Problem rows(int[] numbers, double[] b, Arena arena) {
    Matrix rows = a2.rows(numbers, arena);
    requireShapes(a1, rows.rows(), rows.columns(), rows.name());
    requireVector(b, numbers.length, "b", numbers.length + " rows were chosen");
    return new Problem(a1, rows, b.clone(), null, radius);
  }

  /** This problem with another b, which was checked. */
  Problem withTarget(double[] target) {
    return new Problem(a1, a2, target, w, radius);
  }

  /** A1 (n x d). */
  public Matrix a1() {
    return a1;
  }

  /** A2 (m x n), its non-zeros counted, but for {@link #rows} of another's. */
  public Matrix a2() {
    return a2;
  }

  /** b (m), a copy. */
  public double[] b() {
    return b.clone();
  }

  /** Entry i of b. */
  public double b(int i) {
    return b[i];
  }

  /** Entries first to end - 1 of b, a copy. */
  public double[] b(int first, int end) {
    Objects.checkFromToIndex(first, end, b.length);
    return Arrays.copyOfRange(b, first, end);
  }

  /** The diagonal of W (m), a copy; empty when W = 0. */
  public Optional<double[]> w() {
    return Optional.ofNullable(w).map(double[]::clone);
  }

  /** The bound on ‖x‖₂; positive infinity when there is none. */
  public double radius() {
    return radius;
  }

  /** x, or x R / ‖x‖ where ‖x‖ is above the bound R; always a copy. */
  public double[] intoBall(double[] x) {
    double norm = 0;
    for (double value : x) {
      norm = Math.hypot(norm, value);
    }
    double[] inside = x.clone();
    if (norm > radius) {
      for (int k = 0; k < inside.length; k++) {
        inside[k] *= radius / norm;
      }
    }
    return inside;
  }

  /** Outputs: the rows of A2. */
  public int m() {
    return b.length;
  }

  /** Hidden units: the rows of A1 and the columns of A2. */
  public int n() {
    return (int) a1.rows();
  }

  /** Unknowns: the columns of A1. */
  public int d() {
    return (int) a1.columns();
  }

  /**
   * Checks that x can be a point of this problem.
   *
   * @param name what messages call x: its file, or the role it plays
   * @throws InvalidInputException if the length is not d or a value is not finite
   */
  public void checkStart(double[] x, String name) {
    requirePoint(x, a1, name);
  }

  /** The same for any problem with this A1. */
  public static void requirePoint(double[] x, Matrix a1, String name) {
    int d = (int) a1.columns();
    requireVector(x, d, name, a1.name() + " has %d columns (d)".formatted(d));
  }

  @Override
  public String toString() {
    return "Problem(m=%d, n=%d, d=%d)".formatted(m(), n(), d());
  }

  private static void requireSize(long size, String what, long rows, long columns, String name) {
    if (size < 1 || size > MAX_SIZE) {
      throw new InvalidInputException(
          "%s: %d x %d, expected between 1 and %d %s"
              .formatted(name, rows, columns, MAX_SIZE, what));
    }
  }

  private static void requireVector(double[] values, int length, String name, String because) {
    Objects.requireNonNull(values, name);
    if (values.length != length) {
      throw new InvalidInputException(
          "%s: %d values, expected %d because %s".formatted(name, values.length, length, because));
    }
    int bad = FiniteCheck.firstNotFinite(values);
    if (bad >= 0) {
      throw new InvalidInputException(
          "%s: entry %d is %s, expected finite numbers only".formatted(name, bad, values[bad]));
    }
  }
}
