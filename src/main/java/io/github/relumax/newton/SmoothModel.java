package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;

/** The quadratic model: the mask is taken as it is at x. */
final class SmoothModel implements StepModel {
  private final Backend backend;
  private final ShiftedSystem h;
  private final Buffer x;
  private final Buffer gradient;
  private final Buffer right;

  /**
   * The model with this H and this gradient.
   *
   * @param right scratch, 1 x d
   */
  SmoothModel(Backend backend, ShiftedSystem h, Buffer x, Buffer gradient, Buffer right) {
    this.backend = backend;
    this.h = h;
    this.x = x;
    this.gradient = gradient;
    this.right = right;
  }

  @Override
  public double scale() {
    return h.scale();
  }

  @Override
  public boolean minimise(double shift, double nu, double precision, Buffer p) {
    if (!h.factor(shift)) {
      return false;
    }
    backend.combine(-1, gradient, -nu, x, right);
    return h.solve(right, p, precision);
  }

  @Override
  public boolean turn(Buffer point, double precision, Buffer out) {
    return h.solve(point, out, precision);
  }

  @Override
  public double slope(Buffer p) {
    return backend.dot(gradient, p);
  }

  @Override
  public Forecast forecast(Buffer p, double curvature) {
    return new Forecast(slope(p), curvature);
  }
}
