package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.random.Philox;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Lanczos iteration for the ends of the spectrum of a symmetric d x d operator, by products with it
 * alone. The vectors are orthogonalised against all earlier ones, twice, so that no eigenvalue
 * appears again as a ghost; all of them stay on the backend, at most {@link #MOST_STEPS}.
 *
 * <p>Ritz values lie within the spectrum: the least one is never below λmin, the greatest one never
 * above λmax, up to rounding.
 */
final class Lanczos implements AutoCloseable {
  /** Vectors that are kept, at most. */
  static final int MOST_STEPS = 300;

  private static final double EPS = Math.ulp(1.0);
  private static final int START_STREAM = 8;
  private static final long START_SEED = 1;

  /** Ritz values are looked at when there are this much more of them. */
  private static final double LOOK_GROWTH = 1.25;

  private final Backend backend;
  private final int d;
  private final Owned owned;
  private final Buffer basis;
  private final Buffer next;
  private final Buffer correction;

  /** A column, whose row views are as long as the basis is. */
  private final Buffer coefficients;

  private final double[] alpha;
  private final double[] beta;
  private int steps;

  /** Which end of the spectrum is wanted. */
  enum End {
    LEAST,
    GREATEST,
    /** The eigenvalue that is largest in size. */
    LARGEST;

    /** The one of two Ritz values that is at this end. */
    Ritz of(Ends ends) {
      return switch (this) {
        case LEAST -> ends.least;
        case GREATEST -> ends.greatest;
        case LARGEST ->
            Math.abs(ends.least.value) > Math.abs(ends.greatest.value) ? ends.least : ends.greatest;
      };
    }
  }

  /**
   * An approximate eigenvalue: some eigenvalue of the operator is within {@code residual} of {@code
   * value}.
   *
   * @param coefficients of the vector, in the basis
   */
  record Ritz(double value, double residual, double[] coefficients) {}

  /** The least and the greatest Ritz value. */
  record Ends(Ritz least, Ritz greatest) {
    /** The size of the larger one: the operator's norm, from below. */
    double size() {
      return Math.abs(End.LARGEST.of(this).value);
    }
  }

  Lanczos(Backend backend, int d) {
    this.backend = backend;
    this.d = d;
    int most = Math.min(d, MOST_STEPS);
    alpha = new double[most];
    beta = new double[most];
    owned = new Owned(backend);
    try {
      basis = owned.allocate(most, d);
      next = owned.allocate(1, d);
      correction = owned.allocate(1, d);
      coefficients = owned.allocate(most, 1);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Bytes of what an instance allocates. */
  static long bytes(long d) {
    long most = Math.min(d, MOST_STEPS);
    return 8 * (most * (d + 1) + 2 * d);
  }

  /**
   * Iterates until the Ritz value at the end that is wanted has a residual of at most {@code
   * tolerance} times the operator's size, or for {@link #MOST_STEPS} steps.
   *
   * @return the Ritz values at both ends
   */
  Ends run(SymmetricProduct a, End end, double tolerance) {
    start();
    double size = 0;
    int look = 1;
    for (steps = 1; ; steps++) {
      Buffer v = basis.row(steps - 1);
      a.apply(v, next);
      size = Math.max(size, norm(next));
      alpha[steps - 1] = backend.dot(v, next);
      orthogonalise();
      orthogonalise();
      double length = norm(next);
      beta[steps - 1] = length;
      boolean last = steps == alpha.length || !(length > d * EPS * size);
      if (last || steps >= look) {
        Ends ends = ends();
        if (last || end.of(ends).residual <= tolerance * ends.size()) {
          return ends;
        }
        look = (int) Math.ceil(LOOK_GROWTH * steps);
      }
      backend.combine(1 / length, next, 0, next, basis.row(steps));
    }
  }

  /** out = the vector of a Ritz value of the last run, of length 1 up to rounding. */
  void vector(Ritz ritz, Buffer out) {
    Buffer column = coefficients.rows(0, steps);
    backend.write(ritz.coefficients, column);
    backend.multiplyTransposed(basis.rows(0, steps), column, out);
  }

  private void start() {
    double[] v = new double[d];
    new Philox(START_SEED).normals(START_STREAM, 0, v);
    backend.write(v, next);
    backend.combine(1 / norm(next), next, 0, next, basis.row(0));
  }

  /** next = next - V Vᵀ next. */
  private void orthogonalise() {
    Buffer vectors = basis.rows(0, steps);
    Buffer column = coefficients.rows(0, steps);
    backend.multiply(next, vectors, column);
    backend.multiplyTransposed(vectors, column, correction);
    backend.combine(1, next, -1, correction, next);
  }

  private double norm(Buffer v) {
    return Math.sqrt(backend.dot(v, v));
  }

  /** Eigenvalues of the tridiagonal matrix of products. */
  private Ends ends() {
    double scale = 0;
    for (int k = 0; k < steps; k++) {
      scale = Math.max(scale, Math.max(Math.abs(alpha[k]), beta[k]));
    }
    double unit = scale > 0 ? scale : 1;
    DMatrixRMaj tridiagonal = new DMatrixRMaj(steps, steps);
    for (int k = 0; k < steps; k++) {
      tridiagonal.set(k, k, alpha[k] / unit);
      if (k > 0) {
        tridiagonal.set(k, k - 1, beta[k - 1] / unit);
        tridiagonal.set(k - 1, k, beta[k - 1] / unit);
      }
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(steps, true, true);
    if (!eigen.decompose(tridiagonal)) {
      throw new IllegalStateException("the eigenvalues of a tridiagonal matrix failed");
    }
    int least = 0;
    int greatest = 0;
    for (int k = 1; k < steps; k++) {
      double value = eigen.getEigenvalue(k).getReal();
      least = value < eigen.getEigenvalue(least).getReal() ? k : least;
      greatest = value > eigen.getEigenvalue(greatest).getReal() ? k : greatest;
    }
    return new Ends(ritz(eigen, least, unit), ritz(eigen, greatest, unit));
  }

  private Ritz ritz(EigenDecomposition_F64<DMatrixRMaj> eigen, int k, double unit) {
    double[] vector = eigen.getEigenVector(k).data.clone();
    double residual = beta[steps - 1] * Math.abs(vector[steps - 1]);
    return new Ritz(unit * eigen.getEigenvalue(k).getReal(), residual, vector);
  }

  @Override
  public void close() {
    owned.close();
  }
}
