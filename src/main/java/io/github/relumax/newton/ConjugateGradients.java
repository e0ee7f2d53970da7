package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Conjugate gradients for (H + σI) y = r, with H as a product and a Cholesky factor L of H̃ + σI as
 * preconditioner. The numbers of the recurrence are also those of Lanczos' method for the pair (H +
 * σI, H̃ + σI): {@link #ritzValues} lie between its extreme generalized eigenvalues, and near them
 * after a few steps.
 */
final class ConjugateGradients implements AutoCloseable {
  private final Backend backend;
  private final Owned owned;
  private final Buffer residual;
  private final Buffer direction;
  private final Buffer preconditioned;
  private final Buffer product;

  private double[] steps = new double[16];
  private double[] turns = new double[16];
  private int count;
  private int products;
  private boolean indefinite;

  ConjugateGradients(Backend backend, int d) {
    this.backend = backend;
    owned = new Owned(backend);
    try {
      residual = owned.allocate(1, d);
      direction = owned.allocate(1, d);
      preconditioned = owned.allocate(1, d);
      product = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * y = about (H + σI)⁻¹ r: the residual r - (H + σI) y is at most {@code precision} times r, both
   * in the norm of (H̃ + σI)⁻¹, or {@code mostSteps} steps have been made. It is orthogonal to y.
   *
   * @param times sets its second argument to H times its first
   * @param l the factor of H̃ + σI
   * @return false if a direction with dᵀ(H + σI)d &lt;= 0, or a number that is not finite, was met;
   *     y is then of no use
   */
  boolean solve(
      BiConsumer<Buffer, Buffer> times,
      double shift,
      Buffer l,
      Buffer r,
      double precision,
      int mostSteps,
      Buffer y) {
    count = 0;
    products = 0;
    indefinite = false;
    backend.copy(r, residual);
    backend.combine(0, r, 0, r, y);
    backend.solve(l, residual, direction);
    double size = backend.dot(residual, direction);
    double goal = precision * precision * size;
    while (size > goal && count < mostSteps) {
      times.accept(direction, product);
      products++;
      if (shift != 0) {
        backend.combine(1, product, shift, direction, product);
      }
      double curvature = backend.dot(direction, product);
      if (!(curvature > 0 && curvature < Double.POSITIVE_INFINITY)) {
        indefinite = curvature <= 0;
        return false;
      }
      double step = size / curvature;
      backend.combine(1, y, step, direction, y);
      backend.combine(1, residual, -step, product, residual);
      backend.solve(l, residual, preconditioned);
      double next = backend.dot(residual, preconditioned);
      record(step, next / size);
      backend.combine(1, preconditioned, next / size, direction, direction);
      size = next;
    }
    return Double.isFinite(size) && size >= 0;
  }

  private void record(double step, double turn) {
    if (count == steps.length) {
      steps = Arrays.copyOf(steps, 2 * count);
      turns = Arrays.copyOf(turns, 2 * count);
    }
    steps[count] = step;
    turns[count] = turn;
    count++;
  }

  /** Products with H that the last solve made. */
  int products() {
    return products;
  }

  /**
   * How far from 1 the Ritz values of the last solve are: at most the ε of H̃ + σI. At least 1
   * where a direction with dᵀ(H + σI)d &lt;= 0 was met; NaN where no step was made.
   */
  double epsilon() {
    if (count == 0) {
      return indefinite ? 1 : Double.NaN;
    }
    double[] ritz = ritzValues();
    double epsilon = Math.max(1 - ritz[0], ritz[1] - 1);
    return indefinite ? Math.max(1, epsilon) : epsilon;
  }

  /**
   * The least and the greatest Ritz value of the last solve; {1, 1} if it made no step.
   *
   * <p>With steps α_k and turns β_k the tridiagonal matrix has 1/α_k + β_(k-1)/α_(k-1) on its
   * diagonal and √β_k/α_k beside it (Golub and Van Loan, Matrix Computations, 11.3).
   */
  double[] ritzValues() {
    if (count == 0) {
      return new double[] {1, 1};
    }
    DMatrixRMaj t = new DMatrixRMaj(count, count);
    for (int k = 0; k < count; k++) {
      double before = k == 0 ? 0 : turns[k - 1] / steps[k - 1];
      t.set(k, k, 1 / steps[k] + before);
      if (k + 1 < count) {
        double beside = Math.sqrt(turns[k]) / steps[k];
        t.set(k, k + 1, beside);
        t.set(k + 1, k, beside);
      }
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(count, false, true);
    if (!eigen.decompose(t)) {
      return new double[] {Double.NaN, Double.NaN};
    }
    double[] values = new double[count];
    Arrays.setAll(values, k -> eigen.getEigenvalue(k).getReal());
    Arrays.sort(values);
    return new double[] {values[0], values[count - 1]};
  }

  @Override
  public void close() {
    owned.close();
  }
}
