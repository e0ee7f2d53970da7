package io.github.relumax.report;

import io.github.relumax.newton.CoarseSolve;
import io.github.relumax.newton.FurtherDescents;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.Solution;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The end of a solve in a few lines for a person. */
public final class SolveSummary {
  private SolveSummary() {}

  /**
   * Status, loss and its parts, gradient, distance, storage and time: a line each.
   *
   * @param results the folder of the results, which advice calls OUT
   */
  public static List<String> lines(SolveRecord record, Path results) {
    Solution solution = record.solution();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s after %s: %s"
            .formatted(
                solution.converged() ? "Converged" : "Not converged",
                Format.iterations(solution.iterations()),
                solution.status().meaning()));
    if (!solution.converged()) {
      lines.add("What to do: " + solution.status().advice().replace("OUT", results.toString()));
    }
    lines.add(loss(solution));
    solution.coarse().ifPresent(coarse -> addCoarse(lines, coarse));
    solution.further().ifPresent(further -> lines.add(further(further, solution.loss())));
    lines.add(
        "‖g‖ %s, %s of %s units active"
            .formatted(
                Format.scientific(solution.gradientNorm()),
                Format.count(solution.activeUnits()),
                Format.count(record.problem().n())));
    record
        .distanceToPlanted()
        .ifPresent(distance ->
            lines.add(
                "Distance to the planted x*: ‖x - x*‖ / ‖x*‖ = " + Format.scientific(distance)));
    record.epsilonHeld().ifPresent(held -> lines.add(held.words()));
    notSampled(record).ifPresent(lines::add);
    if (solution.storageError() > 0) {
      lines.add(
          "float32 storage: its rounding alone moves x by about %s of ‖x‖"
              .formatted(Format.scientific(solution.storageError(), 0)));
    }
    lines.add("Time " + Format.seconds(solution.seconds()) + ": " + phases(solution));
    return lines;
  }

  private static void addCoarse(List<String> lines, CoarseSolve coarse) {
    lines.add(CoarseText.outcome(coarse));
    coarse.further().ifPresent(further -> lines.add(further(further, coarse.loss())));
  }

  /** Says that an ε was asked for where no rows were sampled. */
  static Optional<String> notSampled(SolveRecord record) {
    OptionalDouble asked = record.settings().options().sampling().epsilon();
    return asked.isPresent() && !record.solution().method().samples()
        ? Optional.of("ε = %s was asked for: no rows were sampled".formatted(asked.getAsDouble()))
        : Optional.empty();
  }

  /** Where the time went: each phase with its share. */
  public static String phases(Solution solution) {
    List<String> parts = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      double share = solution.phases().getOrDefault(phase, 0.0) / solution.seconds();
      if (phase != Phase.COARSE || share > 0) {
        parts.add(phase + " " + Format.fixed(100 * share, 0) + " %");
      }
    }
    return String.join(", ", parts);
  }

  private static String loss(Solution solution) {
    String loss = "Loss " + Format.scientific(solution.loss(), 9);
    return solution.regularization() == 0
        ? loss
        : loss
            + " = data %s + regularization %s"
                .formatted(
                    Format.scientific(solution.dataLoss()),
                    Format.scientific(solution.regularization()));
  }

  private static String further(FurtherDescents further, double loss) {
    String outcome =
        further.lower() == 0
            ? "none ended lower"
            : "from %s, %s %% lower"
                .formatted(
                    Format.scientific(further.firstLoss(), 9),
                    Format.fixed(100 * (1 - loss / further.firstLoss()), 2));
    return "Further descents %d, %s, %s: %s"
        .formatted(
            further.count(),
            Format.iterations(further.iterations()),
            Format.seconds(further.seconds()),
            outcome);
  }
}
