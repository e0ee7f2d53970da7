package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.WeightedRows;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The curvature from a sample of its rows (claim 5 of arXiv 2308.08358):
 *
 * <pre>
 *   H̃ = Σ_{i in S} 1 / p_i (D_i (C_i - C̄)(C_i - C̄)ᵀ + w_i² C_i C_iᵀ),   D = max(a, 0)
 *   p_i = min(1, size τ_i / Σ τ)
 * </pre>
 *
 * where each row is in S on its own with probability p_i, τ are {@link LeverageScores}, and a is
 * that of the {@link CurvatureForm} alone. On average H̃ is H for Gauss-Newton, and for the Hessian
 * H less what the a_i &lt; 0 put into it. Draws are a function of (seed, draw, row) alone, so every
 * backend and every split of the rows chooses the same ones from the same scores.
 *
 * <p>Scores are kept while f has moved by at most a tenth, ‖f - f_then‖ &lt;= 0.1 ‖f‖, and at most
 * every twentieth active unit has flipped: what has become wrong of them costs accuracy, not
 * correctness.
 */
public final class RowSampler implements AutoCloseable {
  private static final double MOST_MOVE = 0.1;
  private static final double MOST_FLIPS = 0.05;

  // Streams of random numbers for one draw; the first ones are those of the scores.
  private static final int ROWS_STREAM = LeverageScores.STREAMS;
  private static final int START_STREAM = ROWS_STREAM + 1;
  private static final int STREAMS = START_STREAM + 1;

  private final Backend backend;
  private final long seed;
  private final Owned owned;
  private final PositiveRows positive;
  private final LeverageScores leverage;
  private final RowDraw draw;
  private final Map<CurvatureForm, Scores> scores = new EnumMap<>(CurvatureForm.class);
  private final Buffer difference;
  private int draws;

  /** The scores of one form, and when they were computed. */
  private static final class Scores {
    final Buffer values;
    final Buffer softmax;
    double total;
    boolean valid;
    double flips;

    Scores(Buffer values, Buffer softmax) {
      this.values = values;
      this.softmax = softmax;
    }
  }

  /** A sampler for these forms of an m x d C. */
  public RowSampler(Backend backend, int m, int d, Collection<CurvatureForm> forms, long seed) {
    this.backend = backend;
    this.seed = seed;
    owned = new Owned(backend);
    try {
      positive = owned.add(new PositiveRows(backend, m, d), PositiveRows::close);
      leverage = owned.add(new LeverageScores(backend, m, d), LeverageScores::close);
      draw = owned.add(new RowDraw(backend, m, leverage.room()), RowDraw::close);
      for (CurvatureForm form : forms) {
        scores.put(form, new Scores(owned.allocate(1, m), owned.allocate(1, m)));
      }
      difference = owned.allocate(1, m);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Rows of C, or of a sketch of it, that are handled at a time, at most. */
  public long rowsAtATime() {
    return leverage.room().rows();
  }

  /**
   * Entries of what a sampler and its rows allocate, in float64, where nothing can overflow.
   *
   * @param matrices of d x d matrices
   * @param rows of all else; a list of rows takes an entry and a half for each
   */
  public record Entries(double matrices, double rows) {}

  /** The entries for an m x n x d problem. */
  public static Entries entries(double m, double n, double d, int forms, CurvaturePath path) {
    double k = LeverageScores.sketchRows(d);
    double shared = PositiveRows.entries(m, d) + LeverageScores.entries(d) + k + 1.5 * m;
    double scores = (2.0 * forms + 1) * m;
    // A C of a single block is there whole.
    boolean blocks = SoftmaxReluObjective.blockRows((long) m, (long) d, path) < m;
    double streamed = blocks ? k * n + m + k + d + 1 : 0;
    return new Entries(2 * d * d, shared + scores + streamed);
  }

  /** x has moved by a step that switched this part of the active units. */
  public void moved(double flips) {
    scores.values().forEach(s -> s.flips += flips);
  }

  /**
   * h = H̃ from a new draw.
   *
   * @param of the rows, with {@code form} selected
   * @param size how many rows to expect, at most
   * @return how many there are; 0 where there is nothing to sample from, and h is then of no use
   */
  public int sample(CurvatureRows of, CurvatureForm form, double size, Buffer h) {
    int stream = STREAMS * draws++;
    List<WeightedRows> parts = positive.of(of);
    Scores s = scores.get(form);
    if (isStale(of, s)) {
      s.total = leverage.estimate(of, parts, seed, stream, s.values);
      s.valid = s.total > 0 && Double.isFinite(s.total);
      s.flips = 0;
      backend.copy(of.softmax(), s.softmax);
    }
    return s.valid
        ? draw.sum(of, parts, seed, stream + ROWS_STREAM, s.values, s.total, size, h)
        : 0;
  }

  private boolean isStale(CurvatureRows of, Scores s) {
    if (!s.valid || s.flips > MOST_FLIPS) {
      return true;
    }
    Buffer f = of.softmax();
    backend.combine(1, f, -1, s.softmax, difference);
    double moved = backend.dot(difference, difference);
    return !(moved <= MOST_MOVE * MOST_MOVE * backend.dot(f, f));
  }

  /** out = Gaussian numbers of their own for the last draw. */
  public void randomVector(Buffer out) {
    backend.normals(seed, STREAMS * (draws - 1) + START_STREAM, 0, out);
  }

  @Override
  public void close() {
    owned.close();
  }
}
