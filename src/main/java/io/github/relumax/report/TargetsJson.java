package io.github.relumax.report;

import io.github.relumax.newton.Iteration;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Results of many targets as JSON, with the fields of {@link JsonReport} for each of them. */
public final class TargetsJson {
  private TargetsJson() {}

  /** The content of result.json. */
  public static String result(TargetsRecord record) {
    SolveRecord first = record.solves().getFirst();
    ObjectNode json = JsonReport.object();
    json.put("targets", record.solves().size());
    json.put("converged", record.converged());
    json.put("iterations", record.iterations());
    JsonReport.putSizes(json, first);
    json.put("atOnce", record.atOnce());
    JsonReport.put(json, "seconds", record.seconds());
    JsonReport.put(json, "targetsPerSecond", record.targetsPerSecond());
    JsonReport.put(json, "readSeconds", record.readSeconds());
    JsonReport.putSettings(json, first);
    ArrayNode results = json.putArray("results");
    for (int target = 0; target < record.solves().size(); target++) {
      SolveRecord solve = record.solves().get(target);
      ObjectNode result = results.addObject();
      result.put("target", target);
      JsonReport.putOutcome(result, solve);
      JsonReport.put(result, "seconds", solve.solution().seconds());
    }
    return JsonReport.text(json);
  }

  /** The content of trace.jsonl: one iteration a line, target after target. */
  public static String trace(TargetsRecord record) {
    StringBuilder lines = new StringBuilder();
    for (int target = 0; target < record.solves().size(); target++) {
      for (Iteration iteration : record.solves().get(target).iterations()) {
        ObjectNode json = JsonReport.object();
        json.put("target", target);
        lines.append(JsonReport.line(json, iteration));
      }
    }
    return lines.toString();
  }
}
