package io.github.relumax.report;

import io.github.relumax.newton.CoarseSolve;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import io.github.relumax.plan.CostModel;
import io.github.relumax.plan.Prediction;
import io.github.relumax.plan.Rates;
import io.github.relumax.plan.Workload;
import io.github.relumax.report.Ceiling.Kind;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the cost model says of a benchmark's solve, beside what was measured. The model is given the
 * ceilings of the same run, and the iterations and active units of the solve, but assumes its flips
 * as {@code relumax plan} does.
 */
final class PredictedPhases {
  private PredictedPhases() {}

  static Prediction of(BenchmarkRecord record) {
    BenchmarkSettings settings = record.settings();
    Solution solution = record.cold().solution();
    Workload whole =
        Workload.usual(
                settings.m(),
                settings.n(),
                settings.d(),
                settings.type(),
                solution.activeUnits(),
                solution.iterations(),
                record.sampledRows())
            .withNonZeros(record.nonZeros(), record.compressedBytes());
    Workload load = solution.coarse().map(coarse -> after(whole, solution, coarse)).orElse(whole);
    Rates rates =
        new Rates(
            rate(record, Kind.PRODUCT),
            rate(record, Kind.GRAM),
            rate(record, Kind.MEMORY),
            rate(record, Kind.CALL));
    return CostModel.predict(load, solution.path(), solution.method(), rates);
  }

  private static Workload after(Workload whole, Solution solution, CoarseSolve coarse) {
    boolean lossless = solution.status() == Status.LOSS_AT_ROUNDING && solution.iterations() == 1;
    Workload.Coarse before =
        new Workload.Coarse(coarse.rows(), coarse.method(), coarse.iterations(), lossless);
    return coarse.taken()
        ? whole.after(before, solution.iterations() - 1, 0)
        : whole.after(before, solution.iterations(), whole.flips());
  }

  private static double rate(BenchmarkRecord record, Kind kind) {
    return record.ceilings().stream()
        .filter(one -> one.kind() == kind)
        .mapToDouble(one -> Spread.of(one.rates()).median())
        .findFirst()
        .orElseThrow();
  }

  /** A line for each phase, and one for their sum. */
  static List<String> lines(BenchmarkRecord record) {
    Prediction prediction = of(record);
    List<String> lines = new ArrayList<>();
    lines.add("%-14s %10s   %10s   %s".formatted("cost model", "predicted", "measured", "ratio"));
    for (Phase phase : Phase.values()) {
      if (prediction.seconds(phase) > 0) {
        lines.add(line(phase.toString(), prediction.seconds(phase), measured(record, phase)));
      }
    }
    double whole = 0;
    for (Phase phase : Phase.values()) {
      whole += measured(record, phase);
    }
    lines.add(line("all phases", prediction.seconds(), whole));
    return lines;
  }

  private static String line(String name, double predicted, double measured) {
    return "%-14s %10s   %10s   %s"
        .formatted(
            name,
            Format.fixed(predicted, 4),
            Format.fixed(measured, 4),
            Format.fixed(predicted / measured, 2));
  }

  /** Seconds of the warm solves, the median. */
  private static double measured(BenchmarkRecord record, Phase phase) {
    return Spread.of(
            record.warm().stream()
                .map(solve -> PhaseSeconds.of(solve.solution()).get(phase.toString()))
                .toList())
        .median();
  }

  /** Predicted seconds by phase and in all, with what the model assumed. */
  static ObjectNode json(BenchmarkRecord record) {
    Prediction prediction = of(record);
    ObjectNode json = JsonReport.object();
    json.put("activeUnits", prediction.workload().activeUnits());
    JsonReport.put(json, "flips", prediction.workload().flips());
    json.put("iterations", prediction.workload().iterations());
    JsonReport.put(json, "seconds", prediction.seconds());
    json.set("phases", PlanJson.phases(prediction));
    return json;
  }
}
