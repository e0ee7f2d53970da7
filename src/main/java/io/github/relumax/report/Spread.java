package io.github.relumax.report;

import java.util.Collection;

/**
 * What repeated measurements of one quantity came to, in its own unit.
 *
 * @param median of an even number of values, the mean of the middle two
 */
public record Spread(double least, double median, double greatest) {

  /**
   * The spread of one value or more.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("no values, expected one or more");
    }
    int half = sorted.length / 2;
    double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }
}
