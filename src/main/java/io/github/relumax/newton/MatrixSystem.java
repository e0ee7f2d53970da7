package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;

/** Systems with a matrix that is there, by Cholesky factors. */
final class MatrixSystem implements ShiftedSystem, AutoCloseable {
  private final Backend backend;
  private final Buffer factor;
  private Buffer h;
  private Buffer stiff;

  MatrixSystem(Backend backend, int d) {
    this.backend = backend;
    factor = backend.allocate(d, d);
  }

  /** The same for this matrix, d x d. */
  MatrixSystem of(Buffer matrix) {
    h = matrix;
    stiff = matrix;
    return this;
  }

  /** H, d x d. */
  Buffer matrix() {
    return h;
  }

  /** The same with this matrix in place of H, whose scale remains the unit of σ. */
  MatrixSystem stiffenedTo(Buffer matrix) {
    stiff = matrix;
    return this;
  }

  @Override
  public double scale() {
    return backend.scale(h);
  }

  @Override
  public boolean factor(double shift) {
    return backend.factor(stiff, shift, factor);
  }

  @Override
  public boolean solve(Buffer r, Buffer out, double precision) {
    backend.solve(factor, r, out);
    return true;
  }

  /** out = (H + σI)⁻¹ r for every row of r. r, out: k x d. */
  void solveRows(Buffer r, Buffer out) {
    backend.solve(factor, r, out);
  }

  @Override
  public void close() {
    factor.close();
  }
}
