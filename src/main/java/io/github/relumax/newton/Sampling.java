package io.github.relumax.newton;

import io.github.relumax.model.InvalidInputException;
import java.util.OptionalDouble;

/**
 * How rows of C are sampled, where H is.
 *
 * @param multiple s of p_i = min(1, s τ_i / Σ τ), as a multiple of d: no more than so many rows are
 *     expected; with an epsilon, in the first sample. Empty for as many as cost about one product
 *     with H, and at least 4 d, or for what the bound says where there is an epsilon
 * @param epsilon (1 - ε) H̃ &lt;= H &lt;= (1 + ε) H̃ is asked for: samples grow until it seems to
 *     hold; empty for whatever serves speed
 * @param delta the probability with which the first sample may miss epsilon, by the bound
 * @param seed of the rows
 */
public record Sampling(OptionalDouble multiple, OptionalDouble epsilon, double delta, long seed) {
  /** The largest multiple; p_i is then 1 for every row whose score counts. */
  static final double MOST_MULTIPLE = 1e9;

  /** Below this the first terms of the bound's rate, as a series, are exact enough. */
  private static final double SMALL_EPSILON = 1e-6;

  /** As suits speed. */
  public static final Sampling DEFAULTS =
      new Sampling(OptionalDouble.empty(), OptionalDouble.empty(), 0.1, 1);

  /**
   * Checks every value.
   *
   * @throws InvalidInputException if multiple is not from 1 to 1e9, or epsilon or delta not in (0,
   *     1)
   */
  public Sampling {
    if (multiple.isPresent()
        && !(multiple.getAsDouble() >= 1 && multiple.getAsDouble() <= MOST_MULTIPLE)) {
      throw new InvalidInputException(
          "sample: " + multiple.getAsDouble() + ", expected 1 to 1e9 times d");
    }
    if (epsilon.isPresent() && !(epsilon.getAsDouble() > 0 && epsilon.getAsDouble() < 1)) {
      throw new InvalidInputException(
          "epsilon: " + epsilon.getAsDouble() + ", expected between 0 and 1");
    }
    if (!(delta > 0 && delta < 1)) {
      throw new InvalidInputException("delta: " + delta + ", expected between 0 and 1");
    }
  }

  /**
   * The size s with which leverage scores give (1 - ε) H &lt;= H̃ &lt;= (1 + ε) H with probability
   * 1 - δ at least, by the matrix Chernoff bound (Tropp 2012, theorem 1.1) for sums of independent
   * positive semidefinite matrices, each at most d / s of H:
   *
   * <pre>  s = d ln(2 d / δ) / ((1 + ε) ln(1 + ε) - ε)</pre>
   *
   * It holds for the exact scores and is far from tight. More than {@link #MOST_MULTIPLE} d is
   * given as that.
   */
  public static double boundedSize(double d, double epsilon, double delta) {
    double rate =
        epsilon < SMALL_EPSILON
            ? epsilon * epsilon / 2 * (1 - epsilon / 3)
            : (1 + epsilon) * Math.log1p(epsilon) - epsilon;
    // A rate that underflows, or a δ so small that its inverse overflows, ends up there too.
    return d * Math.min(MOST_MULTIPLE, Math.log(2 * d / delta) / rate);
  }
}
