package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;

/**
 * The step p that minimises the damped model
 *
 * <pre>  gᵀp + 1/2 pᵀ(H + λI)p   over ‖x + p‖ &lt;= R</pre>
 *
 * Where the ball does not bind, H + λI is positive definite and (H + λI) p = -g. Where it binds
 * there is one ν &gt;= 0 with H + (λ+ν)I positive definite and
 *
 * <pre>  (H + (λ+ν)I) p = -(g + ν x)   and   ‖x + p‖ = R.</pre>
 *
 * H + λI itself may then be indefinite. ‖x + p(ν)‖ falls with ν, so the root is bracketed by ν
 * where the matrix is indefinite or the point outside, and ν where the point is inside. Newton's
 * method on 1/R - 1/‖x + p(ν)‖, which is nearly linear, rises to the root from any point outside
 * without overshooting. Solving for p, not for x + p, keeps p accurate when it is much shorter than
 * x.
 */
final class DampedModel implements AutoCloseable {
  /** Values of ν tried; each costs a factorisation, and five are usual. */
  private static final int MOST_TRIES = 100;

  private static final double ROOT_TOLERANCE = 1e-13;

  /** Nearer to the sphere than this, relative to R, the rounding of p may not let it come. */
  private static final double ROUNDING = 1e-8;

  /** Precision of solutions where their lengths have to tell one ν from the next. */
  private static final double PRECISE = 1e-12;

  /** First ν tried where H + λI is indefinite, in units of mean |H_jj|. */
  private static final double FIRST_NU = 1e-3;

  private final Backend backend;
  private final double radius;
  private final Buffer point;
  private final Buffer derivative;
  private final Owned owned;
  private double curvatureAlong;

  DampedModel(Backend backend, int d, double radius) {
    this.backend = backend;
    this.radius = radius;
    owned = new Owned(backend);
    try {
      point = owned.allocate(1, d);
      derivative = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * p = the minimiser.
   *
   * @param precision of the solutions with H + λI where the system is not solved directly; where
   *     the ball binds they are made nearly exact
   * @return false if there is none: H + λI is not positive definite, and no point of the boundary
   *     makes up for it
   */
  boolean minimise(StepModel model, double lambda, double precision, Buffer x, Buffer p) {
    double norm = pointNorm(model, lambda, 0, precision, x, p);
    if (norm <= radius || Double.isInfinite(radius) || Double.isNaN(norm)) {
      if (!Double.isFinite(norm)) {
        return false;
      }
      curvatureAlong(model, lambda, 0, x, p);
      return true;
    }
    double nu = 0;
    double low = 0;
    double high = Double.POSITIVE_INFINITY;
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      if (Math.abs(norm - radius) <= ROOT_TOLERANCE * radius) {
        break;
      }
      double next = Double.NaN;
      if (Double.isFinite(norm) && norm > radius && model.turn(point, PRECISE, derivative)) {
        // d‖x+p‖/dν = -(x+p)ᵀ(H + (λ+ν)I)⁻¹(x+p) / ‖x+p‖.
        double slope = backend.dot(point, derivative);
        next = nu + norm * norm / slope * (norm - radius) / radius;
      } else if (Double.isInfinite(high)) {
        next = Math.max(4 * low, FIRST_NU * model.scale());
      }
      next = next < high ? next : 0.5 * (low + high);
      if (!(low < next && next < high)) {
        // Nothing between the two: what remains is rounding, or the one case without a root, where
        // the gradient has no part along the lowest eigenvector.
        break;
      }
      nu = next;
      norm = pointNorm(model, lambda, nu, PRECISE, x, p);
      if (norm > radius) {
        low = nu;
      } else {
        high = nu;
      }
    }
    if (!(Math.abs(norm - radius) <= ROUNDING * radius)) {
      return false;
    }
    curvatureAlong(model, lambda, nu, x, p);
    if (norm > radius) {
      backend.combine(radius / norm, point, -1, x, p);
    }
    return true;
  }

  /**
   * pᵀHp of the last minimiser, from the system that it solves. Conjugate gradients leave a
   * residual that is orthogonal to p, so that this holds for them too.
   */
  double curvatureAlong() {
    return curvatureAlong;
  }

  private void curvatureAlong(StepModel model, double lambda, double nu, Buffer x, Buffer p) {
    double shifted = -model.slope(p) - (nu == 0 ? 0 : nu * backend.dot(x, p));
    curvatureAlong = shifted - (lambda + nu) * backend.dot(p, p);
  }

  /** ‖x + p‖ of the minimiser p for this ν; +infinity where the matrix is not positive definite. */
  private double pointNorm(
      StepModel model, double lambda, double nu, double precision, Buffer x, Buffer p) {
    if (!model.minimise(lambda + nu, nu, precision, p)) {
      return Double.POSITIVE_INFINITY;
    }
    backend.combine(1, x, 1, p, point);
    return Math.sqrt(backend.dot(point, point));
  }

  @Override
  public void close() {
    owned.close();
  }
}
