package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;

/**
 * A2 by the columns of active units. Where the backend keeps its non-zeros alone, those of a few
 * columns are a small part of them, and what they say of C = A2 diag(mask) A1 may take less than C.
 * Where all entries are kept, a few columns are most of what is read, and products are with all.
 */
final class ActiveColumns implements AutoCloseable {
  /** Adding an entry of a column to a vector takes as long as so many of a product with all. */
  private static final long ADDING = 2;

  /**
   * A pair of non-zeros of a row takes as long as so many operations of a product of dense
   * matrices, and rows as they are have twice as many pairs as rows of equal length.
   */
  private static final double PAIR = 2 * 20;

  /** So many times fewer operations than with C make up for lists of non-zeros. */
  private static final double FEWER = 2;

  private final Backend backend;
  private final Buffer a2;
  private final long m;
  private final long n;

  /** Whether non-zeros alone are kept; what follows is null elsewhere. */
  private final boolean sparse;

  private final Buffer zero;
  private final Buffer none;
  private final Units units;

  ActiveColumns(Backend backend, Buffer a2) {
    this.backend = backend;
    this.a2 = a2;
    m = a2.rows();
    n = a2.columns();
    sparse = a2.storedEntries() < m * n;
    zero = sparse ? backend.allocate(1, m) : null;
    none = sparse ? backend.allocate(1, n) : null;
    units = sparse ? backend.units((int) n) : null;
  }

  /** Whether non-zeros alone are kept. */
  boolean areKeptAlone() {
    return sparse;
  }

  /**
   * Row k of out = A2 h_k.
   *
   * @param z1 1 x n or as h, which is 0 where no row of z1 is above 0, unless it is NaN
   */
  void multiply(Buffer z1, Buffer h, Buffer out) {
    // A NaN is in no list of active units.
    if (sparse && Double.isFinite(backend.dot(h, h))) {
      if (z1.rows() == 1) {
        backend.activeUnits(z1, units);
      } else {
        // Of those that were none of them active; what it writes is what h has.
        backend.flipCorrections(none, z1, h, units);
      }
      if (ADDING * h.rows() * units.count() < n) {
        for (long k = 0; k < out.rows(); k++) {
          backend.copy(zero, out.row(k));
        }
        backend.addColumns(a2, units, h, out);
        return;
      }
    }
    backend.multiply(a2, h, out);
  }

  /**
   * Row k of v = A2ᵀ u_k, for active units at least.
   *
   * @param z1 1 x n
   */
  void multiplyTransposed(Buffer z1, Buffer u, Buffer v) {
    if (sparse) {
      backend.activeUnits(z1, units);
      backend.multiplyTransposed(a2, units, u, v);
    } else {
      backend.multiplyTransposed(a2, u, v);
    }
  }

  /** Whether {@link #gram} takes less than the Gram matrix of C that is there. */
  boolean suffice(Buffer z1, long d) {
    if (!sparse) {
      return false;
    }
    backend.activeUnits(z1, units);
    return suffice(units.count(), d);
  }

  /** The same for so many active units. */
  boolean suffice(int active, long d) {
    if (!sparse || active > d) {
      return false;
    }
    double k = active;
    double density = a2.storedEntries() / ((double) m * n);
    double products = m * k * k * Math.min(1, PAIR * density * density);
    return FEWER * (products + 2 * k * k * d + k * d * d) < (double) m * d * d;
  }

  /**
   * h = Σ_i a_i (C_i - center)(C_i - center)ᵀ for the units that were found to {@link #suffice}
   * last.
   *
   * @return mean of |h_jj| with center = 0
   */
  double gram(Buffer a1, Buffer center, Buffer a, Buffer h) {
    return backend.gramOfUnits(a2, units, a1, center, a, h);
  }

  @Override
  public void close() {
    if (sparse) {
      zero.close();
      none.close();
      units.close();
    }
  }
}
