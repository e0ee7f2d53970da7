package io.github.relumax.report;

import io.github.relumax.model.Problem;
import io.github.relumax.report.SamplingRecord.Draw;
import io.github.relumax.report.SamplingRecord.Run;
import io.github.relumax.report.SamplingRecord.Settings;
import java.util.ArrayList;
import java.util.List;

/** Accuracies of samples as a table for a person. */
public final class SamplingText {
  private static final String ROW = "%-15s %6s %8s  %8s %8s %8s  %8s %8s %8s  %9s";

  /** From here on digits after the point say nothing. */
  private static final double LARGE = 1000;

  private SamplingText() {}

  /** What is sampled, and the head of the table. */
  public static List<String> beginning(Settings settings) {
    Problem problem = settings.problem();
    List<String> lines = new ArrayList<>();
    lines.add(
        "Problem    %s: m = %s, n = %s, d = %s"
            .formatted(
                settings.name(),
                Format.count(problem.m()),
                Format.count(problem.n()),
                Format.count(problem.d())));
    lines.add(
        "Curvature  %s at %s, %s units active"
            .formatted(settings.form(), settings.at(), Format.count(settings.activeUnits())));
    lines.add(
        "Backend    %s, %s".formatted(settings.backend().name(), settings.backend().device()));
    if (settings.rank() < problem.d()) {
      lines.add(
          "It has %s of %s directions here; the others are left out."
              .formatted(Format.count(settings.rank()), Format.count(problem.d())));
    }
    lines.add("");
    lines.add(
        "Eigenvalues of H̃ against H, medians of %s and the draw with the largest ε; 0: H̃ is singular"
            .formatted(settings.draws() == 1 ? "1 draw" : settings.draws() + " draws"));
    lines.add(
        ROW.formatted(
            "method",
            "asked",
            "rows",
            "least",
            "greatest",
            "ε",
            "least",
            "greatest",
            "worst ε",
            "seconds"));
    return lines;
  }

  /** A line of the table. */
  public static String row(Run run) {
    Draw worst = run.worst();
    return ROW.formatted(
        run.method(),
        run.multiple() + " d",
        Format.count(Math.round(run.spread(Draw::rows).median())),
        number(run.spread(draw -> draw.extremes().least()).median()),
        number(run.spread(draw -> draw.extremes().greatest()).median()),
        number(run.spread(draw -> draw.extremes().epsilon()).median()),
        number(worst.extremes().least()),
        number(worst.extremes().greatest()),
        number(worst.extremes().epsilon()),
        Format.fixed(run.spread(Draw::seconds).median(), 4));
  }

  private static String number(double value) {
    return Math.abs(value) < LARGE ? Format.fixed(value, 3) : Format.scientific(value, 1);
  }
}
