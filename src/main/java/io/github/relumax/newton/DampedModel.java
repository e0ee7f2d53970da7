package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The step p that minimises the damped model
 *
 * <pre>  gᵀp + 1/2 pᵀ(H + λI)p   over ‖x + p‖ &lt;= R</pre>
 *
 * for positive definite H + λI. Without the ball, or where it does not bind, (H + λI) p = -g. Where
 * it binds there is one ν &gt; 0 with
 *
 * <pre>  (H + (λ+ν)I) p = -(g + ν x)   and   ‖x + p‖ = R,</pre>
 *
 * the root of 1/R - 1/‖x + p(ν)‖, which is monotone and nearly linear in ν: Newton's method from ν
 * = 0 rises to it without overshooting. Solving for p, not for x + p, keeps p accurate when it is
 * much shorter than x.
 */
final class DampedModel implements AutoCloseable {
  /** Newton steps for ν; each costs a factorisation, and five are usual. */
  private static final int MOST_ROOT_STEPS = 60;

  private static final double ROOT_TOLERANCE = 1e-14;

  private final Backend backend;
  private final double radius;
  private final Buffer factor;
  private final Buffer point;
  private final Buffer derivative;
  private final List<Buffer> owned = new ArrayList<>();

  DampedModel(Backend backend, int d, double radius) {
    this.backend = backend;
    this.radius = radius;
    try {
      factor = allocate(d, d);
      point = allocate(1, d);
      derivative = allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Buffer allocate(long rows, long columns) {
    Buffer buffer = backend.allocate(rows, columns);
    owned.add(buffer);
    return buffer;
  }

  /**
   * p = the minimiser.
   *
   * @return false if H + λI is not positive definite
   */
  boolean minimise(Buffer h, double lambda, Buffer x, Buffer gradient, Buffer p) {
    if (!backend.factor(h, lambda, factor)) {
      return false;
    }
    backend.combine(-1, gradient, 0, gradient, p);
    backend.solve(factor, p, p);
    if (Double.isInfinite(radius)) {
      return true;
    }
    double nu = 0;
    for (int step = 0; step < MOST_ROOT_STEPS; step++) {
      double norm = pointNorm(x, p);
      if (norm <= radius * (1 + ROOT_TOLERANCE)) {
        return true;
      }
      // d‖x+p‖/dν = -(x+p)ᵀ(H + (λ+ν)I)⁻¹(x+p) / ‖x+p‖.
      backend.solve(factor, point, derivative);
      double slope = backend.dot(point, derivative);
      nu += norm * norm / slope * (norm - radius) / radius;
      if (!backend.factor(h, lambda + nu, factor)) {
        return false;
      }
      backend.combine(-1, gradient, -nu, x, p);
      backend.solve(factor, p, p);
    }
    return pointNorm(x, p) <= radius * (1 + 1e-9);
  }

  private double pointNorm(Buffer x, Buffer p) {
    backend.combine(1, x, 1, p, point);
    return Math.sqrt(backend.dot(point, point));
  }

  @Override
  public void close() {
    owned.forEach(Buffer::close);
  }
}
