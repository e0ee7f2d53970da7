package io.github.relumax.report;

import io.github.relumax.report.BenchmarkSettings.Drawn;
import io.github.relumax.report.BenchmarkSettings.Folder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A benchmark as a table for a person. */
public final class BenchmarkText {
  /** A primitive that takes less of the solve is in the file only. */
  private static final double LEAST_SHARE = 0.005;

  private static final int SECONDS_DIGITS = 4;
  private static final String NONE = "-";
  private static final String PHASE_ROW = "%-18s %10s   %-18s %9s %9s %12s";
  private static final String PRIMITIVE_ROW = "%-18s %6s %10s %9s %9s %9s   %s";

  private BenchmarkText() {}

  /** What is measured and on what: a line each. */
  public static List<String> beginning(BenchmarkSettings settings) {
    return List.of(
        "Problem  %s: m = %s, n = %s, d = %s, A2 %s, %s"
            .formatted(
                settings.name(),
                Format.count(settings.m()),
                Format.count(settings.n()),
                Format.count(settings.d()),
                settings.type(),
                origin(settings)),
        "Device   "
            + Machine.processor().map(name -> name + ", ").orElse("")
            + (Machine.cores() == 1 ? "1 core" : Machine.cores() + " cores"),
        "Java     " + Machine.java());
  }

  /** Times, rates and results. */
  public static List<String> results(BenchmarkRecord record) {
    List<String> lines = new ArrayList<>();
    int repeat = record.warm().size();
    lines.add(
        PHASE_ROW.formatted(
            repeat == 1 ? "1 warm solve" : repeat + " warm solves",
            "median s",
            "min..max s",
            "GFLOP/s",
            "GB/s",
            "of ceilings"));
    record.phases().forEach((phase, figures) -> lines.add(row(phase, figures)));
    lines.add(row("whole solve", record.whole()));
    lines.add("%-18s %10s".formatted("cold solve", seconds(record.cold().solution().seconds())));
    lines.add("");
    lines.add(
        PRIMITIVE_ROW.formatted(
            "primitive", "calls", "median s", "share", "GFLOP/s", "GB/s", "of ceiling"));
    record.primitives().stream()
        .filter(primitive -> primitive.share() >= LEAST_SHARE)
        .forEach(primitive -> lines.add(row(primitive)));
    lines.add("");
    lines.add("%-18s %10s   %s".formatted("ceiling", "median", "min..max"));
    for (Ceiling ceiling : record.ceilings()) {
      Spread rates = Spread.of(ceiling.rates());
      lines.add(
          "%-18s %10s   %-20s %s, %s"
              .formatted(
                  ceiling.kind(),
                  Format.fixed(rates.median(), 1),
                  range(rates, 1),
                  ceiling.kind().unit(),
                  ceiling.work()));
    }
    lines.add("");
    lines.addAll(PredictedPhases.lines(record));
    lines.add("");
    lines.add("Iterations   " + distinct(record, solve -> solve.solution().iterations()));
    record
        .cold()
        .solution()
        .coarse()
        .ifPresent(coarse -> lines.add("Coarse       " + CoarseText.counts(coarse)));
    lines.add(
        "Status       " + distinct(record, solve -> JsonReport.name(solve.solution().status())));
    lines.add("Distance     " + distance(record) + found(record));
    String prepared =
        switch (record.settings().origin()) {
          case Drawn _ -> "Generated in ";
          case Folder _ -> "Read in      ";
        };
    lines.add(prepared + Format.seconds(record.prepareSeconds()));
    record
        .peakBytes()
        .ifPresent(bytes ->
            lines.add(
                "Peak memory  %s, resident; %s the bound of %s (A1 + A2 + C + 15 %% + 300 MB)"
                    .formatted(
                        Format.bytes(bytes),
                        bytes <= record.boundBytes() ? "within" : "ABOVE",
                        Format.bytes(record.boundBytes()))));
    return lines;
  }

  private static String origin(BenchmarkSettings settings) {
    return switch (settings.origin()) {
      case Drawn drawn ->
          "scale %s, start distance %s, seed %s"
              .formatted(drawn.scale(), drawn.startDistance(), drawn.seed());
      case Folder folder -> "from " + folder.dir();
    };
  }

  private static String distance(BenchmarkRecord record) {
    OptionalDouble largest =
        record.solves().stream()
            .map(BenchmarkSolve::distance)
            .flatMapToDouble(OptionalDouble::stream)
            .max();
    return largest.isPresent()
        ? "‖x - x*‖ / ‖x*‖ = %s at most; ".formatted(Format.scientific(largest.getAsDouble()))
        : "not known, there is no x*; ";
  }

  private static String found(BenchmarkRecord record) {
    long found = record.solves().stream().filter(BenchmarkSolve::found).count();
    boolean known = record.cold().distance().isPresent();
    return "%s of %s solves converged%s"
        .formatted(
            found,
            record.solves().size(),
            known ? " within " + Format.scientific(BenchmarkSolve.NEAR, 0) : "");
  }

  /** The same inputs give the same bits, so this is one value unless something is wrong. */
  private static String distinct(BenchmarkRecord record, Function<BenchmarkSolve, Object> value) {
    return record.solves().stream()
        .map(value)
        .map(Object::toString)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static String row(String name, Figures figures) {
    return PHASE_ROW.formatted(
        name,
        seconds(figures.seconds().median()),
        range(figures.seconds(), SECONDS_DIGITS),
        rate(figures.gigaflops()),
        rate(figures.gigabytes()),
        percent(figures.ofCeiling()));
  }

  private static String row(PrimitiveFigures primitive) {
    Figures figures = primitive.figures();
    return PRIMITIVE_ROW.formatted(
        primitive.primitive(),
        Format.count(primitive.calls()),
        seconds(figures.seconds().median()),
        percent(primitive.share()),
        rate(figures.gigaflops()),
        rate(figures.gigabytes()),
        "%5s of %s".formatted(percent(figures.ofCeiling()), primitive.bound()));
  }

  private static String seconds(double seconds) {
    return Format.fixed(seconds, SECONDS_DIGITS);
  }

  private static String range(Spread spread, int digits) {
    return Format.fixed(spread.least(), digits) + ".." + Format.fixed(spread.greatest(), digits);
  }

  private static String rate(double value) {
    return Double.isFinite(value) ? Format.fixed(value, 1) : NONE;
  }

  private static String percent(double fraction) {
    return Double.isFinite(fraction) ? Format.fixed(100 * fraction, 0) + " %" : NONE;
  }
}
