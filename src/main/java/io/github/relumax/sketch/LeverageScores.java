package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.objective.CurvatureRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Leverage scores of the rows √D_i (C_i - C̄) with D = max(a, 0), up to a common factor:
 *
 * <pre>  τ_i = D_i (C_i - C̄)ᵀ G⁻¹ (C_i - C̄),   G = Σ_i D_i (C_i - C̄)(C_i - C̄)ᵀ</pre>
 *
 * They are estimated in two passes over C (Drineas, Magdon-Ismail, Mahoney, Woodruff 2012; Clarkson
 * and Woodruff 2013). The first, a CountSketch to K &gt;= 4 d rows, gives a factor L of about G;
 * the second projects the rows of √D (C - C̄) L⁻ᵀ onto 8 Gaussian directions. Where C is not kept
 * both go through A2 diag(mask) A1.
 *
 * <p>A part 1e-10 of G's mean diagonal is added to it, so that directions that C does not have, or
 * only by rounding, do not count.
 */
final class LeverageScores implements AutoCloseable {
  /** Gaussian directions; as many as the backend takes in one read of C. */
  private static final int PROJECTIONS = 8;

  /** The sketch has at least this many rows for each of the d columns. */
  private static final int SKETCH_MULTIPLE = 4;

  private static final double RIDGE = 1e-10;
  private static final double RIDGE_STEP = 1e3;
  private static final double MOST_RIDGE = 1;

  private final Backend backend;
  private final List<Buffer> owned = new ArrayList<>();
  private final Buffer sketch;
  private final Buffer ones;
  private final Buffer zero;
  private final Buffer gram;
  private final Buffer factor;
  private final Buffer directions;
  private final Buffer shift;
  private final Buffer positive;

  LeverageScores(Backend backend, long m, long d) {
    this.backend = backend;
    long k = (long) sketchRows(d);
    try {
      sketch = allocate(k, d);
      ones = allocate(1, k);
      zero = allocate(1, d);
      gram = allocate(d, d);
      factor = allocate(d, d);
      directions = allocate(PROJECTIONS, d);
      shift = allocate(1, PROJECTIONS);
      positive = allocate(m, 1);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    double[] values = new double[(int) k];
    Arrays.fill(values, 1);
    backend.write(values, ones);
  }

  private Buffer allocate(long rows, long columns) {
    Buffer buffer = backend.allocate(rows, columns);
    owned.add(buffer);
    return buffer;
  }

  /** K: the smallest power of two from 4 d on. */
  static double sketchRows(double d) {
    return Math.scalb(1.0, Math.getExponent(2 * SKETCH_MULTIPLE * d - 1));
  }

  /** Entries of the buffers, but for the d x d matrices. */
  static double entries(double m, double d) {
    double k = sketchRows(d);
    return k * d + k + d + PROJECTIONS * (d + 1) + m;
  }

  /** Rows of C that this can lend room for: K x d, free between calls. */
  Buffer room() {
    return sketch;
  }

  /** The weights D, m x 1, as of the last call. */
  Buffer positiveWeights(CurvatureRows rows) {
    backend.relu(rows.weights(), positive);
    return positive;
  }

  /**
   * Estimates all scores.
   *
   * @param stream and stream + 1 of the seed's random numbers are used
   * @param scores 1 x m
   * @return Σ τ_i; 0 or NaN where there is nothing to sample from
   */
  double estimate(CurvatureRows rows, long seed, int stream, Buffer scores) {
    Buffer d = positiveWeights(rows);
    rows.sketch(seed, stream, d, sketch);
    backend.gram(sketch, zero, ones, 0, gram);
    if (!factorise()) {
      return Double.NaN;
    }
    backend.normals(seed, stream + 1, 0, directions);
    backend.solveTransposed(factor, directions, directions);
    return project(rows, d, 0, scores);
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

  /** scores = keep scores + D_i Σ_k ⟨C_i - C̄, g_k⟩² over the directions. */
  private double project(CurvatureRows rows, Buffer d, double keep, Buffer scores) {
    Buffer products = rows.scratch().rows(0, PROJECTIONS);
    backend.multiply(directions, rows.center(), shift);
    rows.products(directions, products);
    return backend.rowScores(products, shift, d, keep, scores);
  }

  @Override
  public void close() {
    owned.forEach(Buffer::close);
  }
}
