package io.github.relumax.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A benchmark as a table for a person. */
public final class BenchmarkText {
  private BenchmarkText() {}

  /** What is measured and on what: a line each. */
  public static List<String> beginning(BenchmarkSettings settings) {
    return List.of(
        "Problem  %s: m = %s, n = %s, d = %s, A2 %s, scale %s, start distance %s, seed %s"
            .formatted(
                settings.name(),
                Format.count(settings.m()),
                Format.count(settings.n()),
                Format.count(settings.d()),
                settings.type(),
                settings.scale(),
                settings.startDistance(),
                settings.seed()),
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
        row(repeat == 1 ? "1 warm solve" : repeat + " warm solves", "median s", "min..max s"));
    record.phases().forEach((phase, seconds) -> lines.add(row(phase, seconds, 4)));
    lines.add(row("whole solve", record.seconds(), 4));
    lines.add(row("cold solve", Format.fixed(record.cold().solution().seconds(), 4), ""));
    lines.add("");
    lines.add(row("ceilings", "median", "min..max"));
    for (Ceiling ceiling : record.ceilings()) {
      lines.add(
          row(ceiling.name(), Spread.of(ceiling.rates()), 1)
              + " %s, %s".formatted(ceiling.unit(), ceiling.work()));
    }
    lines.add("");
    lines.addAll(PredictedPhases.lines(record));
    lines.add("");
    lines.add("Iterations   " + distinct(record, solve -> solve.solution().iterations()));
    lines.add(
        "Status       " + distinct(record, solve -> JsonReport.name(solve.solution().status())));
    lines.add(
        "Distance     ‖x - x*‖ / ‖x*‖ = %s at most; %s"
            .formatted(
                Format.scientific(
                    record.solves().stream()
                        .mapToDouble(BenchmarkSolve::distance)
                        .reduce(0, Math::max)),
                found(record)));
    lines.add("Generated in " + Format.seconds(record.generateSeconds()));
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

  private static String found(BenchmarkRecord record) {
    long found = record.solves().stream().filter(BenchmarkSolve::found).count();
    return "%s of %s solves converged within %s"
        .formatted(found, record.solves().size(), Format.scientific(BenchmarkSolve.NEAR, 0));
  }

  /** The same inputs give the same bits, so this is one value unless something is wrong. */
  private static String distinct(BenchmarkRecord record, Function<BenchmarkSolve, Object> value) {
    return record.solves().stream()
        .map(value)
        .map(Object::toString)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static String row(String name, Spread spread, int digits) {
    return row(
        name,
        Format.fixed(spread.median(), digits),
        Format.fixed(spread.least(), digits) + ".." + Format.fixed(spread.greatest(), digits));
  }

  private static String row(String name, String median, String range) {
    return "%-14s %10s   %-18s".formatted(name, median, range).stripTrailing();
  }
}
