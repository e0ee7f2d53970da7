package io.github.relumax.newton;

/**
 * How near a sampled H̃ is to H, and what that took.
 *
 * @param epsilon an estimate of the least ε with (1 - ε) H̃ &lt;= H &lt;= (1 + ε) H̃: the Ritz
 *     values of a few Lanczos steps lie within the eigenvalues of H̃⁻¹H, so it is at most the true
 *     one; 0 where H̃ is H, NaN where nothing was estimated
 * @param rows rows of C that H̃ was made from, expected to count once each; 0 where H̃ is H
 * @param products with H that were made
 */
public record Approximation(double epsilon, int rows, int products) {
  /** H itself. */
  public static final Approximation NONE = new Approximation(0, 0, 0);
}
