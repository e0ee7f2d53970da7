package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;

/** Systems with a matrix that is there, by Cholesky factors. */
final class MatrixSystem implements ShiftedSystem, AutoCloseable {
  private final Backend backend;
  private final Buffer factor;
  private Buffer h;
  private Buffer stiff;
  private boolean stiffened;

  MatrixSystem(Backend backend, int d) {
    this.backend = backend;
    factor = backend.allocate(d, d);
  }

  /** The same for this matrix, d x d. */
  MatrixSystem of(Buffer matrix) {
    h = matrix;
    stiff = null;
    return this;
  }

  /** H, d x d. */
  Buffer matrix() {
    return h;
  }

  /** The same with this matrix in place of H wherever H + σI is not positive definite. */
  MatrixSystem orStiffened(Buffer matrix) {
    stiff = matrix;
    return this;
  }

  /** Whether what was factored last is that matrix. */
  boolean isStiffened() {
    return stiffened;
  }

  @Override
  public double scale() {
    return backend.scale(h);
  }

  @Override
  public boolean factor(double shift) {
    if (backend.factor(h, shift, factor)) {
      stiffened = false;
      return true;
    }
    stiffened = stiff != null && backend.factor(stiff, shift, factor);
    return stiffened;
  }

  @Override
  public boolean solve(Buffer r, Buffer out, double precision) {
    backend.solve(factor, r, out);
    return true;
  }

  /** out = L⁻¹ r for every row of r, with the factor L Lᵀ = H + σI. r, out: k x d. */
  void solveForward(Buffer r, Buffer out) {
    backend.solveForward(factor, r, out);
  }

  /** out = L⁻ᵀ r for every row of r. */
  void solveTransposed(Buffer r, Buffer out) {
    backend.solveTransposed(factor, r, out);
  }

  @Override
  public void close() {
    factor.close();
  }
}
