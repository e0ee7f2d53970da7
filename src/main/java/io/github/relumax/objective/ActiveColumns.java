package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;

/**
 * A2 by the columns of active units. Where the backend keeps its non-zeros alone, those of a few
 * columns are a small part of them, and with these columns alone much of what is asked of C = A2
 * diag(mask) A1 takes less than with C. Where all entries are kept, a few columns are most of what
 * is read, and products are with all of A2.
 */
final class ActiveColumns {
  /** Adding an entry of a column to a vector takes as long as so many of a product with all. */
  private static final long ADDING = 2;

  /**
   * Operations of a product of dense matrices that take as long as a pair of non-zeros of a row,
   * times what pairs there are more in rows as they are than in rows of equal length.
   */
  private static final double PAIR = 20 * 2;

  /** Lists of non-zeros are worth it where they leave one operation in so many. */
  private static final double FEWER = 2;

  private final Backend backend;
  private final Buffer a2;
  private final Units units;
  private final Buffer indicator;
  private final double m;
  private final double n;
  private final boolean nonZerosAlone;

  /**
   * Columns of a2.
   *
   * @param units with room for n, and indicator 1 x n: scratch, closed by the owner
   */
  ActiveColumns(Backend backend, Buffer a2, Units units, Buffer indicator) {
    this.backend = backend;
    this.a2 = a2;
    this.units = units;
    this.indicator = indicator;
    m = a2.rows();
    n = a2.columns();
    nonZerosAlone = a2.storedEntries() < a2.rows() * a2.columns();
  }

  /** Whether non-zeros alone are kept. */
  boolean areNonZerosAlone() {
    return nonZerosAlone;
  }

  /** Row k of out = A2 relu(z1_k); row k of h = relu(z1_k). z1: k x n, out: k x m. */
  void multiplyRelu(Buffer z1, Buffer h, Buffer out) {
    backend.relu(z1, h);
    // A NaN is in no list of active units.
    if (!areFew(z1.row(0)) || !Double.isFinite(backend.dot(h, h))) {
      backend.multiply(a2, h, out);
      return;
    }
    for (long k = 0; k < h.rows(); k++) {
      backend.activeUnits(z1.row(k), units);
      backend.addColumns(a2, units, h.row(k), 0, out.row(k));
    }
  }

  /**
   * Row k of out = A2 h_k.
   *
   * @param z1 1 x n, below or at 0 where h is 0
   */
  void multiply(Buffer z1, Buffer h, Buffer out) {
    if (areFew(z1)) {
      backend.addColumns(a2, units, h, 0, out);
    } else {
      backend.multiply(a2, h, out);
    }
  }

  /** Whether columns take less than all of A2; of active units, which are listed then. */
  private boolean areFew(Buffer z1) {
    if (!nonZerosAlone) {
      return false;
    }
    backend.activeUnits(z1, units);
    return ADDING * units.count() < n;
  }

  /**
   * Row k of v = A2ᵀ u_k, for active units at least.
   *
   * @param z1 1 x n
   */
  void multiplyTransposed(Buffer z1, Buffer u, Buffer v) {
    if (nonZerosAlone) {
      backend.activeUnits(z1, units);
      backend.multiplyTransposed(a2, units, u, v);
    } else {
      backend.multiplyTransposed(a2, u, v);
    }
  }

  /**
   * v_i = ⟨column i of A2, u⟩ for these units. u: 1 x m, v: 1 x n.
   *
   * @return whether v has those of all units; else what it has of others stays
   */
  boolean multiplyTransposed(int[] chosen, Buffer u, Buffer v) {
    if (!nonZerosAlone) {
      backend.multiplyTransposed(a2, u, v);
      return true;
    }
    double[] ones = new double[(int) a2.columns()];
    for (int i : chosen) {
      ones[i] = 1;
    }
    backend.write(ones, indicator);
    backend.activeUnits(indicator, units);
    backend.multiplyTransposed(a2, units, u, v);
    return false;
  }

  /** Whether {@link #gram} takes less than the Gram matrix of a C that is there. */
  boolean suffice(Buffer z1, long d) {
    if (!nonZerosAlone) {
      return false;
    }
    backend.activeUnits(z1, units);
    return suffice(units.count(), d);
  }

  /** The same for so many active units. */
  boolean suffice(int active, long d) {
    if (!nonZerosAlone || active > Math.min(d, Backend.MOST_GRAM_UNITS)) {
      return false;
    }
    double k = active;
    double density = a2.storedEntries() / (m * n);
    double products = m * k * k * Math.min(1, PAIR * density * density);
    return FEWER * (products + 2 * k * k * d + k * d * d) < m * d * d;
  }

  /**
   * h = Σ_i a_i (C_i - center)(C_i - center)ᵀ.
   *
   * @return mean of |h_jj| with center = 0
   */
  double gram(Buffer z1, Buffer a1, Buffer center, Buffer a, Buffer h) {
    backend.activeUnits(z1, units);
    return backend.gramOfUnits(a2, units, a1, center, a, h);
  }
}
