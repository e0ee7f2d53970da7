package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.newton.Solution;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A benchmark as JSON; docs/cli.md describes every field. */
public final class BenchmarkJson {
  private BenchmarkJson() {}

  /** The content of the file that {@code relumax bench} writes. */
  public static String text(BenchmarkRecord record) {
    ObjectNode json = JsonReport.object();
    json.set("problem", problem(record.settings()));
    json.set("device", device());
    json.put("java", Machine.java());
    json.put("path", record.cold().solution().path().toString());
    json.set("backend", JsonReport.backend(record.cold().solution().backend()));
    json.put("version", Version.current());
    json.put("found", record.found());
    JsonReport.put(json, "generateSeconds", record.generateSeconds());
    record
        .peakBytes()
        .ifPresentOrElse(bytes -> json.put("peakBytes", bytes), () -> json.putNull("peakBytes"));
    json.put("boundBytes", record.boundBytes());
    json.set("ceilings", ceilings(record));
    json.set("seconds", spread(record.seconds()));
    ObjectNode phases = json.putObject("phases");
    record.phases().forEach((phase, seconds) -> phases.set(phase, spread(seconds)));
    json.set("predicted", PredictedPhases.json(record));
    ArrayNode solves = json.putArray("solves");
    solves.add(solve(record.cold(), false));
    record.warm().forEach(warm -> solves.add(solve(warm, true)));
    return JsonReport.text(json);
  }

  private static ObjectNode problem(BenchmarkSettings settings) {
    ObjectNode json = JsonReport.object();
    json.put("name", settings.name());
    json.put("m", settings.m());
    json.put("n", settings.n());
    json.put("d", settings.d());
    json.put("scale", settings.scale());
    json.put("startDistance", settings.startDistance());
    json.put("seed", settings.seed());
    json.put("a2", settings.type().toString());
    return json;
  }

  private static ObjectNode device() {
    ObjectNode json = JsonReport.object();
    Machine.processor()
        .ifPresentOrElse(name -> json.put("processor", name), () -> json.putNull("processor"));
    json.put("cores", Machine.cores());
    json.put("system", Machine.system());
    return json;
  }

  private static ObjectNode ceilings(BenchmarkRecord record) {
    ObjectNode json = JsonReport.object();
    for (Ceiling ceiling : record.ceilings()) {
      ObjectNode one = spread(Spread.of(ceiling.rates()));
      one.put("unit", ceiling.unit());
      one.put("work", ceiling.work());
      ArrayNode rates = one.putArray("rates");
      ceiling.rates().forEach(rates::add);
      json.set(ceiling.name(), one);
    }
    return json;
  }

  private static ObjectNode spread(Spread spread) {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "median", spread.median());
    JsonReport.put(json, "least", spread.least());
    JsonReport.put(json, "greatest", spread.greatest());
    return json;
  }

  private static ObjectNode solve(BenchmarkSolve solve, boolean warm) {
    Solution solution = solve.solution();
    ObjectNode json = JsonReport.object();
    json.put("warm", warm);
    json.put("status", JsonReport.name(solution.status()));
    json.put("converged", solution.converged());
    json.put("iterations", solution.iterations());
    JsonReport.put(json, "distanceToPlanted", solve.distance());
    JsonReport.put(json, "loss", solution.loss());
    JsonReport.put(json, "seconds", solution.seconds());
    json.set("phases", JsonReport.phases(solution));
    return json;
  }
}
