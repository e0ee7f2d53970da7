package io.github.relumax.sketch;

import java.util.Locale;

/** Ways to approximate the curvature by fewer rows than C has. */
public enum SamplingMethod {
  /** Rows drawn by estimated leverage scores, as the solver draws them. */
  LEVERAGE("rows, by leverage scores as the solver estimates them"),
  /** Rows drawn by leverage scores from the factor of the whole matrix. */
  EXACT_LEVERAGE("rows, by exact leverage scores"),
  /** Rows drawn by their squared lengths. */
  ROW_NORM("rows, by their squared lengths"),
  /** Rows drawn with one probability. */
  UNIFORM("rows, all with one probability"),
  /** Every row added to one of the rows of a CountSketch. */
  COUNT_SKETCH("CountSketch of all rows"),
  /** Gaussian combinations of all rows. */
  GAUSSIAN("Gaussian combinations of all rows");

  private final String description;

  SamplingMethod(String description) {
    this.description = description;
  }

  /** The method in words. */
  public String description() {
    return description;
  }

  /** Such as "exact-leverage". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
