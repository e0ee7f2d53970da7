package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.Units;
import java.util.Arrays;

/**
 * C = A2 diag(mask) A1 (m x d) at one x, with mask = 1[A1 x &gt; 0]: kept whole and brought up to
 * date by the units that flip, or never whole ({@link CurvaturePath}). Where the columns of the
 * active units take less than C ({@link ActiveColumns}) it is not formed either. Whoever moves x
 * says so by {@link #invalidate} or {@link #follow}.
 */
final class MaskedProduct {
  /** Updates of C by a unit, for each active one, after which it is formed anew. */
  private static final long MOST_UPDATES = 4;

  private final Backend backend;
  private final Buffer a1;
  private final Buffer a2;
  private final ActiveColumns columns;
  private final Buffer z1;

  /** Scratch of rows of n entries. */
  private final Buffer hidden;

  /** Scratch. */
  private final Units units;

  private final long m;
  private final long n;
  private final long d;
  private final long blockRows;

  private final Owned owned;

  private Buffer c;

  // Rows, where C is not kept.
  private Buffer a2Rows;
  private Buffer ones;
  private Buffer onesSketch;
  private Buffer minusCenter;

  /** Unit 0, with sign +1. */
  private Units onlyUnit;

  /** Whether c is all of C at x; never when C is streamed in more than one block. */
  private boolean current;

  /** Flipped units that c was updated by since it was last formed. */
  private long unitsUpdated;

  /**
   * C of these factors.
   *
   * @param columns of a2
   * @param z1 A1 x, whose entries the owner changes
   * @param hidden scratch of rows of n entries, which the owner may use between calls
   * @param units scratch, which the owner may use between calls
   * @param blockRows rows of C to hold at a time; m keeps C
   */
  MaskedProduct(
      Backend backend,
      Buffer a1,
      Buffer a2,
      ActiveColumns columns,
      Buffer z1,
      Buffer hidden,
      Units units,
      long blockRows) {
    this.backend = backend;
    owned = new Owned(backend);
    this.a1 = a1;
    this.a2 = a2;
    this.columns = columns;
    this.z1 = z1;
    this.hidden = hidden;
    this.units = units;
    this.blockRows = blockRows;
    m = a2.rows();
    n = a2.columns();
    d = a1.columns();
  }

  boolean isKept() {
    return blockRows == m;
  }

  /** Whether C is there at x, so that products read it and not A1 and A2. */
  boolean isCurrent() {
    return current;
  }

  /** Allocates C, or a block of it. */
  void reserve() {
    if (c == null) {
      c = owned.allocate(blockRows, d);
    }
  }

  /** x has moved anywhere. */
  void invalidate() {
    current = false;
  }

  /** Takes over C of the same factors at the same x, where it is there. */
  void copy(MaskedProduct other) {
    current = other.current;
    if (current) {
      reserve();
      backend.copy(other.c, c);
      unitsUpdated = other.unitsUpdated;
    }
  }

  /** Whether C is kept but not there, and not worth forming for products or {@link #gram}. */
  boolean worksByUnits() {
    return isKept() && !current && columns.suffice(z1, d);
  }

  /** Forms C where it is kept and not there, and is worth it. */
  void prepare() {
    if (!worksByUnits()) {
      form();
    }
  }

  /** Forms C where it is kept and not there. */
  void form() {
    if (!isKept()) {
      return;
    }
    reserve();
    if (!current) {
      backend.activeUnits(z1, units);
      backend.accumulate(a2, units, a1, 0, c);
      current = true;
      unitsUpdated = 0;
    }
  }

  /**
   * x has moved by a step that switched these units. Forming C anew costs as much as updating by
   * every active unit, and its rounding is that of a sum over them; updates may make it a few times
   * that. Where these units alone take less, C is given up.
   *
   * @param active how many units were active before the step
   */
  void follow(Units flipped, int active) {
    if (!current) {
      return;
    }
    int flips = flipped.count();
    unitsUpdated += flips;
    current =
        2L * flips < active && unitsUpdated < MOST_UPDATES * active && !columns.suffice(active, d);
    if (current && flips > 0) {
      backend.accumulate(a2, flipped, a1, 1, c);
    }
  }

  /** Row k of out = C times row k of v. v: k x d, out: k x m. */
  void times(Buffer v, Buffer out) {
    if (current) {
      backend.multiply(c, v, out);
    } else {
      timesThroughFactors(v, out);
    }
  }

  /** Row k of out = A2 (mask ∘ (A1 v_k)), for no more rows than the scratch has. */
  void timesThroughFactors(Buffer v, Buffer out) {
    Buffer h = hidden.rows(0, v.rows());
    backend.multiply(a1, v, h);
    for (long k = 0; k < v.rows(); k++) {
      backend.mask(z1, h.row(k), h.row(k));
    }
    columns.multiply(z1, h, out);
  }

  /** Row k of out = Cᵀ times row k of u. u: k x m, out: k x d. */
  void transposedTimes(Buffer u, Buffer out) {
    if (current) {
      backend.multiplyTransposed(c, u, out);
    } else {
      transposedTimesThroughFactors(u, out);
    }
  }

  /** The same by A1ᵀ (mask ∘ (A2ᵀ u)), for no more rows than the scratch has. */
  void transposedTimesThroughFactors(Buffer u, Buffer out) {
    Buffer v = hidden.rows(0, u.rows());
    columns.multiplyTransposed(z1, u, v);
    transposedTimesThroughUnits(v, out);
  }

  /** Row k of out = A1ᵀ (mask ∘ v_k), for no more rows than the scratch has. v: k x n. */
  void transposedTimesThroughUnits(Buffer v, Buffer out) {
    Buffer h = hidden.rows(0, v.rows());
    for (long k = 0; k < v.rows(); k++) {
      backend.mask(z1, v.row(k), h.row(k));
    }
    backend.multiplyTransposed(a1, h, out);
  }

  /**
   * h = keep h + Σ_i a_i (C_i - center)(C_i - center)ᵀ, block by block where C is not there. a: m x
   * 1, keep is 0 or 1.
   */
  void gram(Buffer center, Buffer a, double keep, Buffer h) {
    reserve();
    if (current) {
      backend.gram(c, center, a, keep, h);
      return;
    }
    backend.activeUnits(z1, units);
    for (long row = 0; row < m; row += blockRows) {
      long count = Math.min(blockRows, m - row);
      Buffer block = c.rows(0, count);
      backend.accumulate(a2.rows(row, count), units, a1, 0, block);
      backend.gram(block, center, a.rows(row, count), row == 0 ? keep : 1, h);
    }
  }

  /**
   * h = Σ_i a_i (C_i - center)(C_i - center)ᵀ where C {@link #worksByUnits}.
   *
   * @return false if what center takes off leaves little but rounding, which C has less of
   */
  boolean gramByUnits(Buffer center, Buffer a, Buffer h) {
    double before = columns.gram(z1, a1, center, a, h);
    return before <= SoftmaxReluObjective.MOST_FALL * backend.scale(h);
  }

  /** out = Σ_i a_i (C_i - center) ⟨C_i - center, v⟩, where C is there. */
  void curvatureTimes(Buffer center, Buffer a, Buffer v, Buffer out) {
    backend.curvatureTimes(c, center, a, v, out);
  }

  // Rows

  /**
   * Allocates what {@link #sketch} and {@link #gather} need where C is not kept.
   *
   * @param rows of a sketch, and of a block of gathered rows
   */
  void reserveRows(long rows) {
    // Gram matrices of samples come first; that of all rows may come late in a solve.
    backend.reserveGram(blockRows, d);
    if (!isKept() && a2Rows == null) {
      a2Rows = owned.allocate(rows, n);
      ones = owned.allocate(m, 1);
      onesSketch = owned.allocate(rows, 1);
      minusCenter = owned.allocate(1, d);
      Buffer one = owned.allocate(1, 1);
      backend.write(new double[] {1}, one);
      onlyUnit = owned.units(1);
      backend.activeUnits(one, onlyUnit);
      double[] values = new double[(int) m];
      Arrays.fill(values, 1);
      backend.write(values, ones);
    }
  }

  /**
   * out = the {@link Backend#countSketch} of √|a| (C' - center), C' the rows of C from {@code
   * first} on, as many as a has. out: K x d.
   */
  void sketch(long seed, int stream, Buffer center, Buffer a, long first, Buffer out) {
    long count = a.rows();
    if (current) {
      backend.countSketch(seed, stream, c.rows(first, count), center, a, out);
      return;
    }
    // S √a (C - 1 centerᵀ) = (S √a A2) diag(mask) A1 - (S √a 1) centerᵀ.
    Buffer a2Sketch = a2Rows.rows(0, out.rows());
    Buffer sums = onesSketch.rows(0, out.rows());
    backend.countSketch(seed, stream, a2.rows(first, count), null, a, a2Sketch);
    backend.countSketch(seed, stream, ones.rows(0, count), null, a, sums);
    backend.combine(-1, center, 0, center, minusCenter);
    backend.activeUnits(z1, units);
    backend.accumulate(a2Sketch, units, a1, 0, out);
    backend.accumulate(sums, onlyUnit, minusCenter, 1, out);
  }

  /** out[j,:] = C[i,:] for entry first + j of the list. out: k x d, k at most what is reserved. */
  void gather(Units rows, long first, Buffer out) {
    if (current) {
      backend.gatherRows(c, rows, first, out);
      return;
    }
    Buffer gathered = a2Rows.rows(0, out.rows());
    backend.gatherRows(a2, rows, first, gathered);
    backend.activeUnits(z1, units);
    backend.accumulate(gathered, units, a1, 0, out);
  }

  void close() {
    owned.close();
  }
}
