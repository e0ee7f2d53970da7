package io.github.relumax.report;

import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.sketch.SamplingMethod;
import io.github.relumax.sketch.SpectralComparison.Extremes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How far samples of the curvature are from it, for several methods and sizes.
 *
 * @param settings what was sampled, and how often
 * @param runs one for each method and size, in the order they were done
 */
public record SamplingRecord(Settings settings, List<Run> runs) {
  public SamplingRecord {
    runs = List.copyOf(runs);
  }

  /**
   * What is sampled.
   *
   * @param name of the problem: its folder
   * @param at the file that x comes from
   * @param weight as asked for
   * @param activeUnits at x
   * @param rank directions that the matrix has, of d
   * @param draws of each method and size
   * @param seed of all of them
   */
  public record Settings(
      String name,
      Problem problem,
      String at,
      CurvatureForm form,
      Optional<String> weight,
      int activeUnits,
      int rank,
      int draws,
      long seed,
      CurvaturePath path,
      BackendDescription backend) {}

  /**
   * One draw.
   *
   * @param rows that H̃ was made from
   * @param extremes of its eigenvalues against H
   * @param seconds for scores or sketch, draw and sum
   */
  public record Draw(int rows, Extremes extremes, double seconds) {}

  /**
   * All draws of one method and size, one at least.
   *
   * @param multiple rows that were asked for, in d
   */
  public record Run(SamplingMethod method, int multiple, List<Draw> draws) {
    public Run {
      draws = List.copyOf(draws);
    }

    /** The spread of a quantity over the draws. */
    public Spread spread(ToDoubleFunction<Draw> quantity) {
      return Spread.of(draws.stream().map(quantity::applyAsDouble).toList());
    }

    /** The draw with the largest epsilon. */
    public Draw worst() {
      return draws.stream()
          .max(Comparator.comparingDouble(draw -> draw.extremes().epsilon()))
          .orElseThrow();
    }
  }
}
