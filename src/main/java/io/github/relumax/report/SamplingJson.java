package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.model.Problem;
import io.github.relumax.report.SamplingRecord.Draw;
import io.github.relumax.report.SamplingRecord.Run;
import io.github.relumax.report.SamplingRecord.Settings;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Accuracies of samples as JSON; docs/cli.md describes every field. */
public final class SamplingJson {
  private SamplingJson() {}

  /** The content of the file that {@code relumax sampling --json} writes. */
  public static String text(SamplingRecord record) {
    Settings settings = record.settings();
    Problem problem = settings.problem();
    ObjectNode json = JsonReport.object();
    json.put("problem", settings.name());
    json.put("m", problem.m());
    json.put("n", problem.n());
    json.put("d", problem.d());
    json.put("at", settings.at());
    json.put("form", settings.form().toString());
    settings
        .weight()
        .ifPresentOrElse(weight -> json.put("weight", weight), () -> json.putNull("weight"));
    json.put("activeUnits", settings.activeUnits());
    json.put("rank", settings.rank());
    json.put("draws", settings.draws());
    json.put("seed", settings.seed());
    json.set("device", BenchmarkJson.device());
    json.put("java", Machine.java());
    json.put("path", settings.path().toString());
    json.set("backend", JsonReport.backend(settings.backend()));
    json.put("version", Version.current());
    ArrayNode runs = json.putArray("runs");
    record.runs().forEach(run -> runs.add(run(run)));
    return JsonReport.text(json);
  }

  private static ObjectNode run(Run run) {
    ObjectNode json = JsonReport.object();
    json.put("method", run.method().toString());
    json.put("multiple", run.multiple());
    ArrayNode draws = json.putArray("draws");
    for (Draw draw : run.draws()) {
      ObjectNode one = draws.addObject();
      one.put("rows", draw.rows());
      JsonReport.put(one, "least", draw.extremes().least());
      JsonReport.put(one, "greatest", draw.extremes().greatest());
      JsonReport.put(one, "epsilon", draw.extremes().epsilon());
      JsonReport.put(one, "seconds", draw.seconds());
    }
    return json;
  }
}
