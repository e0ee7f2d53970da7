package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.random.Philox;
import java.util.Arrays;
import java.util.List;

/**
 * Compares the analytic derivatives at one x with numeric ones. Along random unit vectors v, with D
 * the central difference (φ(x + hv) - φ(x - hv)) / 2h,
 *
 * <pre>
 *   gᵀv      against  D Lreg                      relative to ‖g‖
 *   H v      against  D grad                      relative to ‖H v‖
 *   vᵀ G v   against  ‖D f‖² + ‖W D z‖²           relative to vᵀ G v (G: Gauss-Newton)
 * </pre>
 *
 * and H v, G v by products with A1 and A2 against the d x d matrices. Inside one activation region
 * all of them are equal; so h stays below half the distance to the nearest kink along v. Of several
 * h the one is taken whose difference changes least when h does, which needs no look at the
 * analytic value; that change says how uncertain it is.
 */
public final class DerivativeCheck {
  /** Relative errors up to here are what differences can show. */
  public static final double AGREEMENT = 1e-6;

  private static final int DIRECTIONS = 3;
  private static final int STEPS = 9;
  private static final double STEP_RATIO = 0.25;

  /** The longest h, as a multiple of ‖x‖. */
  private static final double LONGEST = 1e-2;

  /** Below this multiple of ‖x‖, x + hv and x - hv are hardly two points. */
  private static final double SHORTEST = 1e-9;

  /** No use at all, on any scale; finite, so that its product with 0 is 0. */
  private static final double USELESS = 1e300;

  /** A disagreement within this many times the uncertainty of the difference proves nothing. */
  private static final double DOUBT = 10;

  private static final int DIRECTION_STREAM = 7;

  private final Backend backend;
  private final Problem problem;
  private final double[] x;
  private final double[] weights;

  private DerivativeCheck(Backend backend, Problem problem, double[] x) {
    this.backend = backend;
    this.problem = problem;
    this.x = x;
    weights = problem.w().orElse(null);
  }

  /** What one comparison, or all of them, came to. */
  public enum Verdict {
    AGREES,
    /** The difference is too uncertain, by a kink or by rounding, to say. */
    UNCERTAIN,
    DISAGREES
  }

  /**
   * One derivative against one other way to get it, at its worst over all directions.
   *
   * @param name what is compared with what
   * @param error relative to the derivative's size
   * @param uncertainty of the numeric side, on the same scale; 0 where there is none
   */
  public record Comparison(String name, double error, double uncertainty) {
    public Verdict verdict() {
      if (error <= AGREEMENT) {
        return Verdict.AGREES;
      }
      return error <= DOUBT * uncertainty ? Verdict.UNCERTAIN : Verdict.DISAGREES;
    }

    private Comparison worse(Comparison other) {
      int order = verdict().compareTo(other.verdict());
      return order > 0 || (order == 0 && error >= other.error) ? this : other;
    }
  }

  /**
   * Everything that was compared.
   *
   * @param comparisons in the order of the class comment
   * @param kinkDistance how far, relative to ‖x‖, the nearest kink was along the directions
   */
  public record Report(List<Comparison> comparisons, double kinkDistance) {
    /** The worst of all. */
    public Verdict verdict() {
      return comparisons.stream()
          .map(Comparison::verdict)
          .max(Verdict::compareTo)
          .orElse(Verdict.UNCERTAIN);
    }
  }

  /**
   * Runs all comparisons.
   *
   * @param seed of the directions
   * @throws InvalidInputException if at x the gradient is exactly 0, or loss or gradient overflow:
   *     there is nothing to compare
   */
  public static Report run(
      Backend backend, Problem problem, CurvaturePath path, double[] x, long seed) {
    problem.checkStart(x, "x");
    DerivativeCheck check = new DerivativeCheck(backend, problem, x);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1, path)) {
      check.requireDerivatives(objective.moveTo(x));
      return check.alongAll(objective, new Philox(seed));
    }
  }

  private void requireDerivatives(Evaluation at) {
    if (!at.isFinite()) {
      throw new InvalidInputException(
          "loss or gradient overflow at this x, there is nothing to compare; choose another one");
    }
    if (at.gradientNorm() == 0) {
      String why = at.activeUnits() == 0 ? "no unit is active" : "softmax is saturated";
      throw new InvalidInputException(
          why
              + " at this x and every derivative is 0, there is nothing to compare; choose another"
              + " one");
    }
  }

  private Report alongAll(SoftmaxReluObjective objective, Philox random) {
    Comparison[] worst = null;
    double kink = Double.POSITIVE_INFINITY;
    for (int k = 0; k < DIRECTIONS; k++) {
      double[] v = new double[x.length];
      random.normals(DIRECTION_STREAM, (long) k * v.length, v, v.length);
      scale(v, 1 / norm(v));
      Direction direction = new Direction(v, kinkDistance(objective, v));
      kink = Math.min(kink, direction.kink);
      Comparison[] found = along(objective, direction);
      for (int c = 0; worst != null && c < found.length; c++) {
        found[c] = found[c].worse(worst[c]);
      }
      worst = found;
    }
    return new Report(List.of(worst), kink / norm(x));
  }

  /**
   * A unit vector.
   *
   * @param kink the least |t| at which x + t v turns a unit on or off
   */
  private record Direction(double[] v, double kink) {}

  private Comparison[] along(SoftmaxReluObjective objective, Direction direction) {
    double[] v = direction.v;
    Evaluation at = objective.moveTo(x);
    double slope = dot(objective.read(Quantity.GRADIENT), v);
    double[] hv = product(objective, CurvatureForm.EXACT, v);
    double[] gv = product(objective, CurvatureForm.GAUSS_NEWTON, v);
    double[] hvByMatrix = matrixProduct(objective, CurvatureForm.EXACT, v);
    double[] gvByMatrix = matrixProduct(objective, CurvatureForm.GAUSS_NEWTON, v);

    Difference loss = new Difference();
    Difference gradient = new Difference();
    Difference softmax = new Difference();
    Difference logits = new Difference();
    // At a kink no difference is near enough; one that is of no use says so.
    double least = 1e-3 * SHORTEST * norm(x);
    double h = Math.max(Math.min(LONGEST * norm(x), 0.5 * direction.kink), least);
    for (int k = 0; k < STEPS; k++, h *= STEP_RATIO) {
      Sample plus = sample(objective, v, h);
      Sample minus = sample(objective, v, -h);
      double blur = h < SHORTEST * norm(x) ? USELESS : 0;
      double rounding = blur + Math.max(plus.lossRounding, minus.lossRounding) / h;
      loss.add(new double[] {plus.loss}, new double[] {minus.loss}, h, rounding);
      gradient.add(plus.gradient, minus.gradient, h, blur);
      softmax.add(plus.f, minus.f, h, blur);
      logits.add(plus.wz, minus.wz, h, blur);
    }
    double square = dot(v, gv);
    double numericSquare = dot(softmax.value, softmax.value) + dot(logits.value, logits.value);
    double squareChange =
        squareChange(norm(softmax.value), softmax.uncertainty)
            + squareChange(norm(logits.value), logits.uncertainty);
    return new Comparison[] {
      comparison(
          "gradient and differences of the loss",
          Math.abs(slope - loss.value[0]),
          loss.uncertainty,
          at.gradientNorm()),
      comparison(
          "Hessian and differences of the gradient",
          distance(hv, gradient.value),
          gradient.uncertainty,
          norm(hv)),
      comparison(
          "Gauss-Newton and differences of softmax",
          Math.abs(square - numericSquare),
          squareChange,
          square),
      comparison("Hessian, its product and its matrix", distance(hv, hvByMatrix), 0, norm(hv)),
      comparison("Gauss-Newton, its product and its matrix", distance(gv, gvByMatrix), 0, norm(gv))
    };
  }

  /** Errors relative to {@code size}; where that is 0, an error of 0 is none and another is 1. */
  private static Comparison comparison(String name, double error, double uncertainty, double size) {
    double unit = size > 0 ? size : Math.max(error, Double.MIN_NORMAL);
    return new Comparison(name, error / unit, uncertainty / unit);
  }

  /** (u + du)² - u². */
  private static double squareChange(double u, double du) {
    return 2 * u * du + du * du;
  }

  // Numeric

  /** What is differenced. wz = W z, empty when there is no regulariser. */
  private record Sample(
      double loss, double lossRounding, double[] gradient, double[] f, double[] wz) {}

  private Sample sample(SoftmaxReluObjective objective, double[] v, double t) {
    double[] point = x.clone();
    for (int k = 0; k < point.length; k++) {
      point[k] += t * v[k];
    }
    Evaluation at = objective.moveTo(point);
    double[] wz = new double[0];
    if (weights != null) {
      wz = objective.read(Quantity.LOGITS);
      for (int i = 0; i < wz.length; i++) {
        wz[i] *= weights[i];
      }
    }
    return new Sample(
        at.loss(),
        at.lossRounding(),
        objective.read(Quantity.GRADIENT),
        objective.read(Quantity.SOFTMAX),
        wz);
  }

  /** The central difference whose neighbour in h is nearest to it. */
  private static final class Difference {
    private double[] previous;
    private double[] value;
    private double uncertainty = Double.POSITIVE_INFINITY;

    /** Adds the difference at a smaller h than before. */
    void add(double[] plus, double[] minus, double h, double rounding) {
      double[] next = new double[plus.length];
      Arrays.setAll(next, i -> (plus[i] - minus[i]) / (2 * h));
      if (previous != null) {
        double change = distance(next, previous) + rounding;
        if (value == null || change < uncertainty) {
          value = next;
          uncertainty = change;
        }
      }
      previous = next;
    }
  }

  /** Unit u turns where t (A1 v)_u = -(A1 x)_u. */
  private double kinkDistance(SoftmaxReluObjective objective, double[] v) {
    objective.moveTo(x);
    double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
    double[] change = new double[z1.length];
    try (Buffer direction = backend.allocate(1, v.length);
        Buffer product = backend.allocate(1, z1.length);
        Buffer a1 = backend.upload(problem.a1())) {
      backend.write(v, direction);
      backend.multiply(a1, direction, product);
      backend.read(product, change);
    }
    double least = Double.POSITIVE_INFINITY;
    for (int u = 0; u < z1.length; u++) {
      if (change[u] != 0) {
        least = Math.min(least, Math.abs(z1[u] / change[u]));
      }
    }
    return least;
  }

  // Analytic

  private double[] product(SoftmaxReluObjective objective, CurvatureForm form, double[] v) {
    double[] result = new double[v.length];
    try (Buffer from = backend.allocate(1, v.length);
        Buffer to = backend.allocate(1, v.length)) {
      backend.write(v, from);
      objective.curvatureTimes(form, from, to);
      backend.read(to, result);
    }
    return result;
  }

  private double[] matrixProduct(SoftmaxReluObjective objective, CurvatureForm form, double[] v) {
    double[] result = new double[v.length];
    try (Buffer from = backend.allocate(1, v.length);
        Buffer to = backend.allocate(1, v.length)) {
      backend.write(v, from);
      backend.multiply(objective.curvature(form), from, to);
      backend.read(to, result);
    }
    return result;
  }

  private static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += u[k] * v[k];
    }
    return sum;
  }

  private static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }

  private static void scale(double[] v, double factor) {
    for (int k = 0; k < v.length; k++) {
      v[k] *= factor;
    }
  }

  private static double distance(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += (u[k] - v[k]) * (u[k] - v[k]);
    }
    return Math.sqrt(sum);
  }
}
