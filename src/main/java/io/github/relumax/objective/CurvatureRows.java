package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;

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

  /** A column, whose row views belong to row views of C. */
  private final Buffer weights;

  private final Buffer center;
  private final Buffer w2Rows;

  /** Whether center and w2Rows belong to x. */
  private boolean current;

  private CurvatureForm selected;

  /**
   * Rows of this C.
   *
   * @param weights m x 1, and center and w2Rows 1 x d: scratch that the owner closes
   */
  CurvatureRows(
      Backend backend,
      MaskedProduct c,
      Buffer f,
      Buffer b,
      Buffer w2,
      double w2Sum,
      Buffer weights,
      Buffer center,
      Buffer w2Rows) {
    this.backend = backend;
    this.c = c;
    this.f = f;
    this.b = b;
    this.w2 = w2;
    this.w2Sum = w2Sum;
    this.weights = weights;
    this.center = center;
    this.w2Rows = w2Rows;
  }

  /** x has moved. */
  void invalidate() {
    current = false;
    selected = null;
  }

  /** The weights are needed for something else. */
  Buffer borrowWeights() {
    selected = null;
    return weights;
  }

  /**
   * Makes this the form that all else is about.
   *
   * @param fc ⟨f, c⟩
   */
  void select(CurvatureForm form, double fc) {
    if (!current) {
      c.form();
      c.transposedTimes(f, center);
      if (w2 != null) {
        c.transposedTimes(w2, w2Rows);
        backend.combine(1, w2Rows, -w2Sum, center, w2Rows);
      }
      current = true;
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
  void sum(Buffer h) {
    c.gram(center, weights, h);
    addCorrection(h);
  }

  /** h = h + R. */
  public void addCorrection(Buffer h) {
    if (w2 != null) {
      backend.rankTwo(h, w2Rows, center, w2Sum);
    }
  }

  /** a, m x 1: the weights of the rows. */
  public Buffer weights() {
    return weights;
  }

  /** C̄, 1 x d. */
  public Buffer center() {
    return center;
  }
}
