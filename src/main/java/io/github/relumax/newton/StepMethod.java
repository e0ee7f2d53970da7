package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.objective.CurvaturePath;
import java.util.Locale;

/** What stands for H when a step is computed. */
public enum StepMethod {
  /** H, summed over all rows of C. */
  FULL("from the curvature of all rows of C"),
  /** Cᵀ W² C, or Cᵀ diag(f²) C without a regulariser: the diagonal alone of what is between. */
  DIAGONAL("from the diagonal of the middle matrix alone"),
  /** H̃ from sampled rows. */
  SAMPLED("from rows of C sampled by leverage"),
  /** H by products, in conjugate gradients that H̃ preconditions. */
  SKETCH_CG("by conjugate gradients, preconditioned by rows of C sampled by leverage");

  /**
   * Passes over C, or over A2 where C is streamed, that an iteration of {@link #SKETCH_CG} takes in
   * place of one sum over all rows, about: four for products, one for the sample, which is as large
   * as that allows, and two for every other iteration's sketch and scores. Counted on planted
   * problems of 6,000 to 8,000 rows and 200 to 256 columns: 740 products and 84 sketches in 187
   * iterations.
   */
  private static final double SKETCH_PASSES = 6;

  /**
   * Rows for each column whose Gram matrices it sums besides: 4 of the least sample, 4 to 8 of a
   * sketch in every other iteration, and the factors of both.
   */
  private static final double SKETCH_ROWS = 8;

  private final String description;

  StepMethod(String description) {
    this.description = description;
  }

  /** What a solve uses for a problem of this size; depends on nothing that is measured. */
  static StepMethod of(
      Curvature curvature, Backend backend, long m, long n, long d, CurvaturePath path) {
    return switch (curvature) {
      case FULL, EXACT, GAUSS_NEWTON -> FULL;
      case DIAGONAL -> DIAGONAL;
      case SAMPLED -> SAMPLED;
      case SKETCH_CG -> SKETCH_CG;
      case AUTO -> {
        // Operations, for half of n active units; bytes read, two passes over A2 for a product.
        double square = 1.0 * d * d;
        double sum =
            m
                * switch (path) {
                  case KEPT -> square;
                  case STREAMED -> square + 1.0 * n * d;
                };
        double pass =
            m
                * switch (path) {
                  case KEPT -> 8.0 * d;
                  case STREAMED -> 2 * 8.0 * n;
                };
        double saved = (sum - SKETCH_ROWS * d * square) / backend.flopsPerByte();
        yield saved > SKETCH_PASSES * pass ? SKETCH_CG : FULL;
      }
    };
  }

  /** Rows that a sample has, about: no more than are asked for, else as many as suit speed. */
  public static double usualRows(Backend backend, double m, double d, Sampling sampling) {
    double rows = SampledCurvature.cheapRows(backend.flopsPerByte(), m, d);
    if (sampling.multiple().isPresent()) {
      rows = sampling.multiple().getAsDouble() * d;
    } else if (sampling.epsilon().isPresent()) {
      rows = Sampling.boundedSize(d, sampling.epsilon().getAsDouble(), sampling.delta());
    }
    return Math.min(m, rows);
  }

  /** How steps are computed, in words. */
  public String description() {
    return description;
  }

  /** Whether rows are sampled. */
  public boolean samples() {
    return this == SAMPLED || this == SKETCH_CG;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
