package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.Locale;

/** The Hessian of the data loss at one x, CᵀBC, beside CᵀC: what has to be known to choose a W. */
public final class DataCurvature implements AutoCloseable {
  /**
   * l where none is asked for, in units of mean |H_jj|. A solve begins with this much damping, so
   * that W alone then does to the Hessian what damping would do at the start.
   */
  private static final double DEFAULT_LEAST = 1e-3;

  /** l is reached to this, relative to itself. */
  private static final double TOLERANCE = 1e-9;

  /** An l below the rounding of the Hessian over this cannot be told from 0. */
  private static final double LARGEST_ROUNDING = 1e-3;

  private static final double EPS = Math.ulp(1.0);

  /** Far more Newton steps than a concave function needs. */
  private static final int MOST_STEPS = 200;

  private final Backend backend;
  private final int d;
  private final int activeUnits;
  private final Owned owned;
  private final ExtremeEigenvalues eigenvalues;
  private final Buffer gram;
  private final Buffer hessian;
  private final Buffer sum;
  private final Buffer product;
  private final SingularValues sigma;
  private final double[] f;
  private final double[] b;
  private final MiddleMatrix middle;

  /**
   * Evaluates both at x. The problem's W does not count.
   *
   * @throws InvalidInputException if loss or gradient overflow at x
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  public DataCurvature(Backend backend, Problem problem, CurvaturePath path, double[] x) {
    this.backend = backend;
    d = problem.d();
    b = problem.b();
    owned = new Owned(backend);
    try {
      eigenvalues = owned.add(new ExtremeEigenvalues(backend, d), ExtremeEigenvalues::close);
      gram = owned.allocate(d, d);
      hessian = owned.allocate(d, d);
      try (SoftmaxReluObjective objective =
          new SoftmaxReluObjective(backend, problem.withWeight(0), 1, path)) {
        Evaluation at = objective.startAt(x);
        requireFinite(at);
        activeUnits = at.activeUnits();
        f = objective.read(Quantity.SOFTMAX);
        backend.copy(objective.curvature(CurvatureForm.EXACT), hessian);
        CurvatureRows c = objective.curvatureRows(CurvatureForm.EXACT);
        SingularValues.gram(backend, c, gram);
        sigma = SingularValues.of(backend, c, gram, eigenvalues);
      }
      sum = owned.allocate(d, d);
      product = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    middle = MiddleMatrix.of(f, b);
  }

  /** Bytes of what an instance allocates beside its objective's workspaces, at most. */
  public static long bytes(long m, long d) {
    return ExtremeEigenvalues.bytes(d) + 8 * (m + 3 * d * d + 2 * d);
  }

  /**
   * @throws InvalidInputException if loss or gradient overflow
   */
  static void requireFinite(Evaluation at) {
    if (!at.isFinite()) {
      throw new InvalidInputException(
          "loss or gradient overflow at this x, there is no curvature; choose another one");
    }
  }

  /** Units with z1 &gt; 0 at x. */
  public int activeUnits() {
    return activeUnits;
  }

  /** σmin and σmax of C. */
  public SingularValues sigma() {
    return sigma;
  }

  /** B at x. */
  public MiddleMatrix middle() {
    return middle;
  }

  /** 1e-3 mean |H_jj|, H = CᵀBC: on the scale of the loss, whatever that is. */
  public double defaultLeast() {
    return DEFAULT_LEAST * backend.scale(hessian);
  }

  /**
   * The weights that make the Hessian at least l I.
   *
   * @throws InvalidInputException if no W can do it: C has no full column rank at x, or l is within
   *     the rounding of the Hessian
   */
  public Weights weights(double l) {
    if (!sigma.fullRank()) {
      throw new InvalidInputException(
          "no W makes the Hessian positive definite here: C = A2 diag(mask) A1 has no full column"
              + " rank with %d active units and d = %d (σmin is rounding); choose another x"
                  .formatted(activeUnits, d));
    }
    if (!(l > 0)) {
      throw new InvalidInputException(
          "the Hessian of the data loss is 0 at this x (softmax is saturated), which gives its"
              + " least eigenvalue no scale; name it, or choose another x");
    }
    double smallest = smallestSquare(l);
    double kappa = l / (sigma.least() * sigma.least());
    double norm = 0;
    for (double value : b) {
      norm += Math.abs(value);
    }
    return new Weights(
        l,
        Math.sqrt(smallest),
        Math.sqrt(-middle.least() + kappa),
        RowWeights.squares(f, b, kappa),
        norm <= 1 + b.length * EPS ? Math.sqrt(4 + kappa) : Double.NaN);
  }

  /**
   * The smallest ω &gt;= 0 with λmin(CᵀBC + ω CᵀC) &gt;= l, by Newton's method: λmin is concave in
   * ω and rises, so that every step from below ends below the root, and nearer.
   */
  private double smallestSquare(double l) {
    double omega = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
      backend.combine(1, hessian, omega, gram, sum);
      Eigenvalue least = eigenvalues.least(sum);
      if (least.rounding() > LARGEST_ROUNDING * l) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "a least eigenvalue of %.1e is within the rounding of the Hessian; ask for one"
                    + " above %.1e, or choose another x",
                l,
                least.rounding() / LARGEST_ROUNDING));
      }
      if (least.value() >= l * (1 - TOLERANCE)) {
        return omega;
      }
      backend.multiply(gram, eigenvalues.vector(), product);
      double slope = backend.dot(eigenvalues.vector(), product);
      omega += (l - least.value()) / slope;
    }
    throw new IllegalStateException("no weight found for a least eigenvalue of " + l);
  }

  @Override
  public void close() {
    owned.close();
  }
}
