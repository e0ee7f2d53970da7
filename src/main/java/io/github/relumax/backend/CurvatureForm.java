package io.github.relumax.backend;

/**
 * Which m x m middle matrix stands between Cᵀ and C. Both are a diagonal plus rank two,
 *
 * <pre>  diag(a) - p fᵀ - f pᵀ + t f fᵀ</pre>
 */
public enum CurvatureForm {
  /** J² + W² with J = diag(f) - f fᵀ: a = f² + w², p = f², t = ⟨f,f⟩. Always positive semidefinite. */
  GAUSS_NEWTON,
  /** B + W², the Hessian with the mask fixed: a = (2f-b)∘f - ⟨c,f⟩f + w², p = (2f-b)∘f, t = ⟨3f-2b, f⟩. */
  EXACT
}
