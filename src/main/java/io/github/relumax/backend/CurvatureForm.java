package io.github.relumax.backend;

import java.util.Locale;

/**
 * Which m x m matrix stands between Cᵀ and C for the data loss. Softmax does not change when a
 * constant is added to all logits, so both are a diagonal between projections,
 *
 * <pre>  (I - f 1ᵀ) diag(a) (I - 1 fᵀ)</pre>
 *
 * and Cᵀ(...)C = Σ_i a_i (C_i - C̄)(C_i - C̄)ᵀ with C̄ = Cᵀf: the paper's diagonal plus rank two,
 * without its cancellation (docs/math.md derives it).
 */
public enum CurvatureForm {
  /** J² with J = diag(f) - f fᵀ: a = f². Always positive semidefinite. */
  GAUSS_NEWTON,
  /** B, the Hessian with the mask fixed: a = q = (2f - b)∘f - ⟨c,f⟩ f. */
  EXACT;

  /** "gauss-newton" or "exact". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
