package io.github.relumax.cli;

import io.github.relumax.model.InvalidInputException;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.Sampling;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** What stands for the Hessian, and how rows are sampled for it. */
final class CurvatureMixin {
  @Option(
      names = "--curvature",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = {
        "What the Newton steps are computed from:",
        "full: the Gauss-Newton matrix far away, the Hessian, where it is positive definite, once"
            + " steps do not keep what that promises.",
        "exact, gauss-newton: the one or the other alone.",
        "sampled: as full, from rows of C that are sampled by leverage.",
        "sketch-cg: as full, by conjugate gradients that a sampled matrix preconditions.",
        "diagonal: Cᵀ W² C, or Cᵀ diag(f²) C, for experiments.",
        "auto: full or sketch-cg, by the sizes.",
        "Default: ${DEFAULT-VALUE}."
      })
  private Curvature curvature;

  @Option(
      names = "--sample",
      paramLabel = "K",
      description = {
        "Sample at most K d rows on average: row i with probability min(1, K d τ_i / Σ τ).",
        "Default: as many as cost about one product with H, and at least 4 d; with --epsilon, what"
            + " the bound says."
      })
  private Double sample;

  @Option(
      names = "--epsilon",
      paramLabel = "E",
      description = {
        "Ask for (1 - E) H̃ <= H <= (1 + E) H̃, and say whether it held, by estimates. The first"
            + " sample is as large as the bound says, or as --sample does.",
        "Default: whatever serves speed."
      })
  private Double epsilon;

  @Option(
      names = "--delta",
      paramLabel = "D",
      defaultValue = "0.1",
      description =
          "Probability of missing --epsilon that the bound allows. Default: ${DEFAULT-VALUE}.")
  private double delta;

  @Option(
      names = "--sampling-seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Seed of the rows that are sampled. Default: ${DEFAULT-VALUE}.")
  private long seed;

  /**
   * Options of a solver with these.
   *
   * @throws InvalidInputException if a value is out of range, or is for samples where no rows are
   *     sampled
   */
  NewtonOptions options(PathMixin path) {
    requireSamples("--sample", sample);
    requireSamples("--epsilon", epsilon);
    return NewtonOptions.DEFAULTS
        .withCurvature(curvature)
        .withSampling(new Sampling(optional(sample), optional(epsilon), delta, seed))
        .withPath(path.path());
  }

  private void requireSamples(String option, Double value) {
    boolean samples =
        switch (curvature) {
          case SAMPLED, SKETCH_CG, AUTO -> true;
          case FULL, EXACT, GAUSS_NEWTON, DIAGONAL -> false;
        };
    if (value != null && !samples) {
      throw new InvalidInputException(
          "%s is for sampled rows and does not go with --curvature %s: take sampled or sketch-cg"
              .formatted(option, curvature));
    }
  }

  private static OptionalDouble optional(Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
