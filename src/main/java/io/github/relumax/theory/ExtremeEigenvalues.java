package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.theory.Lanczos.End;
import io.github.relumax.theory.Lanczos.Ends;

/**
 * Extreme eigenvalues of symmetric d x d matrices on the backend.
 *
 * <p>The greatest one, and the largest in size, are found by {@link Lanczos}, which is quick where
 * they stand apart. The least one of an ill-conditioned matrix does not stand apart, so it is
 * hemmed in from both sides: vᵀ A v is never below it, and where A - s I has a Cholesky factor it
 * is above s. That factor serves Lanczos iteration with (A - s I)⁻¹, whose greatest eigenvalue
 * belongs to the least one of A and stands apart the more, the nearer s is.
 */
final class ExtremeEigenvalues implements AutoCloseable {
  private static final double EPS = Math.ulp(1.0);

  /** Residual that iteration with A stops at, relative to ‖A‖. */
  private static final double TOLERANCE = 1e-10;

  /** The same with the inverse, whose residual is multiplied by ‖A - s I‖ to become one of A. */
  private static final double INVERSE_TOLERANCE = 1e-15;

  /** The residual of the least eigenvalue is to be this, relative to it, or rounding. */
  private static final double LEAST_TOLERANCE = 1e-11;

  /** How far below vᵀ A v, in units of the rounding, a factor is tried first... */
  private static final double FIRST_MARGIN = 4;

  /** ...and by how much farther where there is none. */
  private static final double MARGIN_GROWTH = 8;

  private static final int MOST_ROUNDS = 10;

  private final Backend backend;
  private final int d;
  private final Owned owned;
  private final Lanczos lanczos;
  private final Buffer vector;
  private final Buffer product;
  private final Buffer factor;

  /**
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  ExtremeEigenvalues(Backend backend, int d) {
    this.backend = backend;
    this.d = d;
    owned = new Owned(backend);
    try {
      lanczos = owned.add(new Lanczos(backend, d), Lanczos::close);
      vector = owned.allocate(1, d);
      product = owned.allocate(1, d);
      factor = owned.allocate(d, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Bytes of what an instance allocates. */
  static long bytes(long d) {
    return Lanczos.bytes(d) + 8 * (d * d + 2 * d);
  }

  /**
   * Of length 1, and belongs to the eigenvalue that was found last; valid until the next one is.
   */
  Buffer vector() {
    return vector;
  }

  /** λmax of a, d x d. */
  Eigenvalue greatest(Buffer a) {
    return outer(a, End.GREATEST);
  }

  /** The eigenvalue of a, d x d, that is largest in size: ± ‖a‖. */
  Eigenvalue largest(Buffer a) {
    return outer(a, End.LARGEST);
  }

  private Eigenvalue outer(Buffer a, End end) {
    Ends ends = lanczos.run(products(a), end, TOLERANCE);
    lanczos.vector(end.of(ends), vector);
    double value = quotient(a);
    return new Eigenvalue(value, residual(value), d * EPS * ends.size());
  }

  /**
   * λmin of a, d x d and finite.
   *
   * @throws InvalidInputException if squares of its entries overflow
   */
  Eigenvalue least(Buffer a) {
    Ends ends = lanczos.run(products(a), End.LARGEST, TOLERANCE);
    lanczos.vector(ends.least(), vector);
    double rounding = d * EPS * ends.size();
    double value = quotient(a);
    double residual = residual(value);
    if (rounding == 0) {
      return new Eigenvalue(value, residual, 0);
    }
    if (!Double.isFinite(rounding) || !Double.isFinite(residual)) {
      throw new InvalidInputException(
          "eigenvalues as large as these leave the range of float64; take smaller weights, or"
              + " scale A2 down");
    }
    for (int round = 0; ; round++) {
      double first = Math.max(residual, FIRST_MARGIN * rounding);
      double margin = first;
      while (!backend.factor(a, margin - value, factor)) {
        margin *= MARGIN_GROWTH;
      }
      boolean precise =
          residual <= Math.max(FIRST_MARGIN * rounding, LEAST_TOLERANCE * Math.abs(value));
      // A first value that the factor does not bear out may belong to another eigenvalue.
      if ((precise && (round > 0 || margin == first)) || round == MOST_ROUNDS) {
        return new Eigenvalue(value, margin, rounding);
      }
      ends =
          lanczos.run((v, out) -> backend.solve(factor, v, out), End.GREATEST, INVERSE_TOLERANCE);
      lanczos.vector(ends.greatest(), vector);
      value = quotient(a);
      residual = residual(value);
    }
  }

  private SymmetricProduct products(Buffer a) {
    return (v, out) -> backend.multiply(a, v, out);
  }

  /** vᵀ A v, and product = A v; the vector is brought to length 1. */
  private double quotient(Buffer a) {
    double length = Math.sqrt(backend.dot(vector, vector));
    backend.combine(1 / length, vector, 0, vector, vector);
    backend.multiply(a, vector, product);
    return backend.dot(vector, product);
  }

  /** ‖A v - value v‖, from {@link #quotient}. */
  private double residual(double value) {
    backend.combine(1, product, -value, vector, product);
    return Math.sqrt(backend.dot(product, product));
  }

  @Override
  public void close() {
    owned.close();
  }
}
