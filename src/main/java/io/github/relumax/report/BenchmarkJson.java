package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.newton.Solution;
import io.github.relumax.report.BenchmarkSettings.Drawn;
import io.github.relumax.report.BenchmarkSettings.Folder;
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
    json.put("method", record.cold().solution().method().toString());
    json.put("minima", record.settings().minima().toString());
    json.put("coarseRows", record.settings().coarseRows().toString());
    json.set("backend", JsonReport.backend(record.cold().solution().backend()));
    json.put("version", Version.current());
    json.put("found", record.found());
    String prepareSeconds =
        switch (record.settings().origin()) {
          case Drawn _ -> "generateSeconds";
          case Folder _ -> "readSeconds";
        };
    JsonReport.put(json, prepareSeconds, record.prepareSeconds());
    record
        .peakBytes()
        .ifPresentOrElse(bytes -> json.put("peakBytes", bytes), () -> json.putNull("peakBytes"));
    json.put("boundBytes", record.boundBytes());
    json.set("ceilings", ceilings(record));
    json.set("seconds", figures(record.whole()));
    ObjectNode phases = json.putObject("phases");
    record.phases().forEach((phase, figures) -> phases.set(phase, figures(figures)));
    ObjectNode primitives = json.putObject("primitives");
    record.primitives().forEach(p -> primitives.set(p.primitive().toString(), primitive(p)));
    json.set("predicted", PredictedPhases.json(record));
    ArrayNode solves = json.putArray("solves");
    solves.add(solve(record.cold(), false));
    record.warmUp().forEach(solve -> solves.add(solve(solve, false)));
    record.warm().forEach(warm -> solves.add(solve(warm, true)));
    return JsonReport.text(json);
  }

  private static ObjectNode problem(BenchmarkSettings settings) {
    ObjectNode json = JsonReport.object();
    json.put("name", settings.name());
    json.put("m", settings.m());
    json.put("n", settings.n());
    json.put("d", settings.d());
    switch (settings.origin()) {
      case Drawn drawn -> {
        json.put("scale", drawn.scale());
        json.put("startDistance", drawn.startDistance());
        json.put("seed", drawn.seed());
      }
      case Folder folder -> json.put("folder", folder.dir());
    }
    json.put("a2", settings.type().toString());
    return json;
  }

  /** What computed. */
  static ObjectNode device() {
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
      one.put("unit", ceiling.kind().unit());
      one.put("work", ceiling.work());
      ArrayNode rates = one.putArray("rates");
      ceiling.rates().forEach(rates::add);
      json.set(ceiling.kind().toString(), one);
    }
    return json;
  }

  private static ObjectNode figures(Figures figures) {
    ObjectNode json = spread(figures.seconds());
    json.put("flops", figures.work().flops());
    json.put("bytes", figures.work().bytes());
    JsonReport.put(json, "gflopsPerSecond", figures.gigaflops());
    JsonReport.put(json, "gbPerSecond", figures.gigabytes());
    JsonReport.put(json, "floorSeconds", figures.floor());
    JsonReport.put(json, "ofCeiling", figures.ofCeiling());
    return json;
  }

  private static ObjectNode primitive(PrimitiveFigures primitive) {
    ObjectNode json = figures(primitive.figures());
    json.put("ceiling", primitive.bound().toString());
    json.put("calls", primitive.calls());
    JsonReport.put(json, "share", primitive.share());
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
    solution.coarse().ifPresent(coarse -> json.set("coarse", CoarseText.json(coarse)));
    solve.distance().ifPresent(distance -> JsonReport.put(json, "distanceToPlanted", distance));
    JsonReport.put(json, "loss", solution.loss());
    JsonReport.put(json, "seconds", solution.seconds());
    JsonReport.put(json, "secondsToLoss", solve.secondsToLoss());
    solve.secondsToNear().ifPresent(seconds -> JsonReport.put(json, "secondsToNear", seconds));
    json.set("phases", JsonReport.phases(solution));
    return json;
  }
}
