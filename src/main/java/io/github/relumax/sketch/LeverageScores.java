package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.WeightedRows;
import java.util.Arrays;
import java.util.List;

/**
 * Leverage scores of the terms that make up H⁺ ({@link PositiveRows}), up to a common factor:
 *
 * <pre>  τ_i = D_i (C_i - C̄)ᵀ G⁻¹ (C_i - C̄) + w_i² C_iᵀ G⁻¹ C_i,   G = H⁺</pre>
 *
 * {@link #estimate} takes two passes over C (Drineas, Magdon-Ismail, Mahoney, Woodruff 2012;
 * Clarkson and Woodruff 2013). The first, a CountSketch to K &gt;= 4 d rows, gives a factor L of
 * about G; the second projects the rows times L⁻ᵀ onto 8 Gaussian directions. Where C is not kept
 * both go through A2 diag(mask) A1. {@link #exact} sums G over all rows and takes all d directions.
 *
 * <p>A part 1e-10 of G's mean diagonal is added to it, so that directions that C does not have, or
 * only by rounding, do not count.
 */
final class LeverageScores implements AutoCloseable {
  /** Directions at a time; as many as the backend takes in one read of C. */
  static final int DIRECTIONS = 8;

  /** Streams of random numbers that {@link #estimate} uses. */
  static final int STREAMS = 3;

  private static final int DIRECTIONS_STREAM = 2;

  /** The sketch has at least this many rows for each of the d columns. */
  private static final int SKETCH_MULTIPLE = 4;

  private static final double RIDGE = 1e-10;
  private static final double RIDGE_STEP = 1e3;
  private static final double MOST_RIDGE = 1;

  private final Backend backend;
  private final long m;
  private final int d;
  private final Owned owned;
  private final Buffer sketch;
  private final Buffer ones;
  private final Buffer zero;
  private final Buffer gram;
  private final Buffer factor;
  private final Buffer directions;
  private final Buffer shift;

  LeverageScores(Backend backend, long m, int d) {
    this.backend = backend;
    this.m = m;
    this.d = d;
    long k = (long) sketchRows(d);
    owned = new Owned(backend);
    try {
      sketch = owned.allocate(k, d);
      ones = owned.allocate(1, k);
      zero = owned.allocate(1, d);
      gram = owned.allocate(d, d);
      factor = owned.allocate(d, d);
      directions = owned.allocate(DIRECTIONS, d);
      shift = owned.allocate(1, DIRECTIONS);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    double[] values = new double[(int) k];
    Arrays.fill(values, 1);
    backend.write(values, ones);
  }

  /** K: the smallest power of two from 4 d on. */
  static double sketchRows(double d) {
    return Math.scalb(1.0, Math.getExponent(2 * SKETCH_MULTIPLE * d - 1));
  }

  /** Entries of the buffers, but for the d x d matrices. */
  static double entries(double d) {
    double k = sketchRows(d);
    return k * d + k + d + DIRECTIONS * (d + 1);
  }

  /** Rows of C that this can lend room for: K x d, free between calls. */
  Buffer room() {
    return sketch;
  }

  /**
   * scores = about τ.
   *
   * @param parts of H⁺
   * @param stream and the next two of the seed's random numbers are used
   * @param scores 1 x m
   * @return Σ τ_i; 0 or NaN where there is nothing to sample from
   */
  double estimate(
      CurvatureRows rows, List<WeightedRows> parts, long seed, int stream, Buffer scores) {
    for (int k = 0; k < parts.size(); k++) {
      rows.sketch(seed, stream + k, parts.get(k), 0, m, sketch);
      backend.gram(sketch, zero, ones, k == 0 ? 0 : 1, gram);
    }
    if (!factorise()) {
      return Double.NaN;
    }
    backend.normals(seed, stream + DIRECTIONS_STREAM, 0, directions);
    backend.solveTransposed(factor, directions, directions);
    return project(rows, parts, 0, scores);
  }

  /** scores = τ, as {@link #estimate} returns it. */
  double exact(CurvatureRows rows, List<WeightedRows> parts, Buffer scores) {
    for (int k = 0; k < parts.size(); k++) {
      rows.gram(parts.get(k), k == 0 ? 0 : 1, gram);
    }
    if (!factorise()) {
      return Double.NaN;
    }
    double total = 0;
    for (int first = 0; first < d; first += DIRECTIONS) {
      takeUnitVectors(first);
      backend.solveTransposed(factor, directions, directions);
      total = project(rows, parts, first == 0 ? 0 : 1, scores);
    }
    return total;
  }

  /** scores_i = D_i ‖C_i - C̄‖² + w_i² ‖C_i‖²: what τ is where G = I. */
  double rowNorms(CurvatureRows rows, List<WeightedRows> parts, Buffer scores) {
    double total = 0;
    for (int first = 0; first < d; first += DIRECTIONS) {
      takeUnitVectors(first);
      total = project(rows, parts, first == 0 ? 0 : 1, scores);
    }
    return total;
  }

  /** Row k of the directions = e_(first + k), 0 from e_d on. */
  private void takeUnitVectors(int first) {
    double[] values = new double[DIRECTIONS * d];
    for (int k = 0; k < Math.min(DIRECTIONS, d - first); k++) {
      values[k * d + first + k] = 1;
    }
    backend.write(values, directions);
  }

  private boolean factorise() {
    double scale = backend.scale(gram);
    for (double ridge = RIDGE; ridge <= MOST_RIDGE; ridge *= RIDGE_STEP) {
      if (backend.factor(gram, ridge * scale, factor)) {
        return true;
      }
    }
    return false;
  }

  /** scores = keep scores + Σ_k Σ_parts D_i ⟨C_i - center, g_k⟩² over the directions g_k. */
  private double project(CurvatureRows rows, List<WeightedRows> parts, double keep, Buffer scores) {
    Buffer products = rows.scratch().rows(0, DIRECTIONS);
    rows.products(directions, products);
    double total = 0;
    for (int k = 0; k < parts.size(); k++) {
      WeightedRows part = parts.get(k);
      backend.multiply(directions, part.center(), shift);
      total = backend.rowScores(products, shift, part.weights(), k == 0 ? keep : 1, scores);
    }
    return total;
  }

  @Override
  public void close() {
    owned.close();
  }
}
