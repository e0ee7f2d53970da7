package io.github.relumax.theory;

/**
 * What was seen of M, the Lipschitz constant of the Hessian while no unit turns: the largest
 * ‖Hess(x + t u) - Hess(x)‖ / t of those that were tried, less what rounding may add to it. M is at
 * least this.
 *
 * @param value NaN where no step stays in the region, or all changes are within rounding
 * @param step t of the largest
 * @param direction u of the largest
 * @param randomDirections tried
 * @param ascentSteps directions tried after them, each the eigenvector of the largest change so far
 */
public record LipschitzEstimate(
    double value, double step, Direction direction, int randomDirections, int ascentSteps) {
  /** Where a direction comes from. */
  public enum Direction {
    RANDOM("a random direction"),
    TO_STAR("the direction to x*"),
    TO_START("the direction to x0"),
    ASCENT("an eigenvector of a change");

    private final String words;

    Direction(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** Whether there is a value. */
  public boolean isKnown() {
    return value > 0;
  }
}
