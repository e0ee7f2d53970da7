package io.github.relumax.report;

import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Many targets for a person: a line each as they end, and a few at the end of all. */
public final class TargetsText {
  private static final String LAYOUT = "%6s  %4s  %15s  %10s  %7s  %9s  %s";

  private TargetsText() {}

  /** The names of the columns. */
  public static String header() {
    return LAYOUT.formatted("target", "iter", "loss", "‖g‖", "active", "seconds", "end");
  }

  /** The line of a target that has ended. */
  public static String row(int target, Solution solution) {
    return LAYOUT.formatted(
        target,
        solution.iterations(),
        Format.scientific(solution.loss(), 9),
        Format.scientific(solution.gradientNorm()),
        solution.activeUnits(),
        Format.fixed(solution.seconds(), 3),
        JsonReport.name(solution.status()));
  }

  /**
   * How many converged, what became of the others and what to do, and the time: a line each.
   *
   * @param results the folder of the results, which advice calls OUT
   */
  public static List<String> summary(TargetsRecord record, Path results) {
    List<String> lines = new ArrayList<>();
    int count = record.solves().size();
    lines.add(
        "%s of %s %s converged"
            .formatted(
                Format.count(record.converged()),
                Format.count(count),
                count == 1 ? "target" : "targets"));
    record
        .ends()
        .forEach((status, number) -> {
          if (!status.converged()) {
            lines.add(line(status, number, results));
          }
        });
    epsilon(record).ifPresent(lines::add);
    lines.add(
        "Time %s, %s iterations, %s targets a second"
            .formatted(
                Format.seconds(record.seconds()),
                Format.count(record.iterations()),
                Format.fixed(record.targetsPerSecond(), 3)));
    return lines;
  }

  private static Optional<String> epsilon(TargetsRecord record) {
    List<EpsilonHeld> asked =
        record.solves().stream().map(SolveRecord::epsilonHeld).flatMap(Optional::stream).toList();
    if (asked.isEmpty()) {
      return SolveSummary.notSampled(record.solves().getFirst());
    }
    long held = asked.stream().filter(EpsilonHeld::everywhere).count();
    return Optional.of(
        "ε = %s held in every step of %s of %s targets, by the estimates"
            .formatted(asked.getFirst().asked(), Format.count(held), Format.count(asked.size())));
  }

  private static String line(Status status, int number, Path results) {
    return "%s %s: %s. What to do: %s"
        .formatted(
            Format.count(number),
            JsonReport.name(status),
            status.meaning(),
            status.advice().replace("OUT", results.toString()));
  }
}
