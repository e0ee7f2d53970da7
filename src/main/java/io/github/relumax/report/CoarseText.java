package io.github.relumax.report;

import io.github.relumax.newton.CoarseSize;
import io.github.relumax.newton.CoarseSolve;
import tools.jackson.databind.node.ObjectNode;

/** The coarse problem, in words and as JSON. */
public final class CoarseText {
  private CoarseText() {}

  /** What comes before the whole problem. */
  public static String line(CoarseSize size) {
    return "the %s rows that b and f weigh most come first%s, %s"
        .formatted(
            Format.count(size.rows()),
            size.conditional() ? " if they have half of both" : "",
            Format.bytes(size.bytes()));
  }

  /** What became of it. */
  static String outcome(CoarseSolve coarse) {
    return "Coarse problem: %s, %s; %s"
        .formatted(counts(coarse), Format.seconds(coarse.seconds()), wayOn(coarse));
  }

  private static String wayOn(CoarseSolve coarse) {
    if (!coarse.taken()) {
      return "its end was no better than the start";
    }
    return coarse.length() == 1
        ? "its end was taken"
        : "%.0f %% of the way to its end was taken".formatted(100 * coarse.length());
  }

  /** The same for someone who watches a solve for the first time. */
  public static String firstStep(CoarseSolve coarse) {
    return "The first step is the way of a smaller problem, of the rows that b and f weigh most: %s."
        .formatted(counts(coarse));
  }

  /** Its rows and iterations. */
  static String counts(CoarseSolve coarse) {
    return Format.count(coarse.rows()) + " rows, " + Format.iterations(coarse.iterations());
  }

  static ObjectNode json(CoarseSize size) {
    ObjectNode json = JsonReport.object();
    json.put("rows", size.rows());
    json.put("method", size.method().toString());
    json.put("bytes", size.bytes());
    return json;
  }

  static ObjectNode json(CoarseSolve coarse) {
    ObjectNode json = JsonReport.object();
    json.put("rows", coarse.rows());
    json.put("method", coarse.method().toString());
    json.put("status", JsonReport.name(coarse.status()));
    json.put("iterations", coarse.iterations());
    JsonReport.put(json, "loss", coarse.loss());
    JsonReport.put(json, "seconds", coarse.seconds());
    json.put("taken", coarse.taken());
    json.put("length", coarse.length());
    coarse.further().ifPresent(further -> json.set("furtherDescents", JsonReport.further(further)));
    return json;
  }
}
