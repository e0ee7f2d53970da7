package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Units;
import java.util.Optional;

/**
 * The curvature at the objective's x as a sum over rows, one of either form at a time:
 *
 * <pre>
 *   H = Σ_i a_i r_i r_iᵀ + R     r_i = C_i - C̄,  C̄ = Cᵀ f,  a from {@link CurvatureForm}, plus w²
 *   R = u C̄ᵀ + C̄ uᵀ + (Σ w²) C̄ C̄ᵀ,  u = Σ_i w_i² r_i
 * </pre>
 *
 * R, of rank two, is what the centring left out of Cᵀ W² C; without a regulariser it is 0.
 */
public final class CurvatureRows {
  private final Backend backend;
  private final MaskedProduct c;
  private final Buffer f;
  private final Buffer b;

  /** w∘w, null when there is no regulariser. */
  private final Buffer w2;

  private final double w2Sum;
  private final Buffer scratch;

  /** A column, whose row views belong to row views of C. */
  private final Buffer weights;

  private final Buffer center;
  private final Buffer w2Rows;

  /** Whether center and w2Rows belong to x. */
  private boolean current;

  private CurvatureForm selected;
  private double fc;

  /**
   * Rows of this C.
   *
   * @param scratch k x m, weights m x 1, center and w2Rows 1 x d: closed by the owner
   */
  CurvatureRows(
      Backend backend,
      MaskedProduct c,
      Buffer f,
      Buffer b,
      Buffer w2,
      double w2Sum,
      Buffer scratch,
      Buffer weights,
      Buffer center,
      Buffer w2Rows) {
    this.backend = backend;
    this.c = c;
    this.f = f;
    this.b = b;
    this.w2 = w2;
    this.w2Sum = w2Sum;
    this.scratch = scratch;
    this.weights = weights;
    this.center = center;
    this.w2Rows = w2Rows;
  }

  /** x has moved. */
  void invalidate() {
    current = false;
    selected = null;
  }

  /** center is Cᵀ f and w2Rows is Cᵀ w², at x. */
  void productsAreThere() {
    if (w2 != null) {
      backend.combine(1, w2Rows, -w2Sum, center, w2Rows);
    }
    current = true;
  }

  /** The weights are needed for something else. */
  Buffer borrowWeights() {
    selected = null;
    return weights;
  }

  /** The center is needed for something else. */
  Buffer borrowCenter() {
    current = false;
    selected = null;
    return center;
  }

  /**
   * Forms C where it is kept and not there. The center is to come from the C that it is subtracted
   * from, so that where they agree they do so to the bit.
   */
  void form() {
    current &= !c.worksByUnits();
    c.form();
  }

  /**
   * Makes this the form that all else is about. Where C is kept, all but {@link #sum} needs it to
   * be there.
   *
   * @param fc ⟨f, c⟩
   */
  void select(CurvatureForm form, double fc) {
    this.fc = fc;
    if (!current) {
      c.transposedTimes(f, center);
      if (w2 != null) {
        c.transposedTimes(w2, w2Rows);
      }
      productsAreThere();
    }
    if (selected != form) {
      backend.curvatureWeights(form, f, b, fc, weights);
      if (w2 != null) {
        backend.combine(1, weights, 1, w2, weights);
      }
      selected = form;
    }
  }

  /** h = H. */
  public void sum(Buffer h) {
    if (!c.worksByUnits()) {
      c.gram(center, weights, 0, h);
    } else if (!c.gramByUnits(center, weights, h)) {
      form();
      select(selected, fc);
      c.gram(center, weights, 0, h);
    }
    if (w2 != null) {
      backend.rankTwo(h, w2Rows, center, w2Sum);
    }
  }

  /**
   * out = H v: in one read of C where it is kept, in two of A2 where it is not. v, out: 1 x d.
   * Overwrites the trial points.
   */
  public void times(Buffer v, Buffer out) {
    if (c.isCurrent()) {
      c.curvatureTimes(center, weights, v, out);
    } else {
      Buffer u = scratch.row(0);
      c.times(v, u);
      backend.applyCurvature(weights, f, null, u, u);
      c.transposedTimes(u, out);
    }
    if (w2 != null) {
      double alongRows = backend.dot(w2Rows, v);
      double alongCenter = backend.dot(center, v);
      backend.combine(1, out, alongCenter, w2Rows, out);
      backend.combine(1, out, alongRows + w2Sum * alongCenter, center, out);
    }
  }

  /** y[k,i] = ⟨C_i, g_k⟩, in one read. g: k x d, y: k x m, k at most the trial points. */
  public void products(Buffer g, Buffer y) {
    c.times(g, y);
  }

  /** The k trial points' logits, k x m, to be used until points are tried again. */
  public Buffer scratch() {
    return scratch;
  }

  /** h = keep h + the matrix of these rows. keep is 0 or 1. */
  public void gram(WeightedRows of, double keep, Buffer h) {
    c.gram(of.center(), of.weights(), keep, h);
  }

  /**
   * out = the {@link Backend#countSketch} of rows first..first+count-1 of these, the first of which
   * counts as row 0. out: K x d.
   */
  public void sketch(long seed, int stream, WeightedRows of, long first, long count, Buffer out) {
    Buffer weighted = of.weights().rows(first, count);
    c.sketch(seed, stream, of.center(), weighted, first, out);
  }

  /** out[j,:] = C_i, not centred, for row i = entry first + j of the list. out: k x d. */
  public void gather(Units rows, long first, Buffer out) {
    c.gather(rows, first, out);
  }

  /** f at x. */
  public Buffer softmax() {
    return f;
  }

  /** w∘w, of m entries, where there is a regulariser. */
  public Optional<Buffer> squaredWeights() {
    return Optional.ofNullable(w2);
  }

  /** a, w² included, m x 1: the weights of the rows. */
  public Buffer weights() {
    return weights;
  }

  /** C̄, 1 x d. */
  public Buffer center() {
    return center;
  }
}
