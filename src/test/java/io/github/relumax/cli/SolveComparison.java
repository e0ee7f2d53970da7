package io.github.relumax.cli;

import io.github.relumax.io.NpyFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * How far two solves of one planted problem are apart, which should differ by rounding alone. Both
 * loss and gradient fall to rounding, where relative differences mean nothing, so they are measured
 * against what they began at.
 *
 * @param iterations the accepted steps that both took
 * @param converged whether both converged
 * @param sameUnits whether as many units were active after each of these steps
 * @param residual the greatest difference of ‖f - b‖ after a step, relative to ‖f - b‖ at the start
 * @param gradient the same of ‖g‖
 * @param x ‖x - x'‖ / ‖x‖ at the end
 */
record SolveComparison(
    int iterations,
    boolean converged,
    boolean sameUnits,
    double residual,
    double gradient,
    double x) {
  /** Of residual and gradient. */
  static final double ITERATION_TOLERANCE = 1e-10;

  /** Of x, which each solve takes to this by itself. */
  static final double X_TOLERANCE = 1e-8;

  /**
   * Compares two folders of results.
   *
   * @throws IOException if one of them is not complete
   */
  static SolveComparison of(Path one, Path other) throws IOException {
    List<JsonNode> trace = CommandLineRun.jsonLines(one.resolve("trace.jsonl"));
    List<JsonNode> otherTrace = CommandLineRun.jsonLines(other.resolve("trace.jsonl"));
    double residual = 0;
    double gradient = 0;
    boolean sameUnits = true;
    int lines = Math.min(trace.size(), otherTrace.size());
    // A NaN stays: Math.max gives it on.
    for (int k = 0; k < lines; k++) {
      JsonNode a = trace.get(k);
      JsonNode b = otherTrace.get(k);
      residual = Math.max(residual, Math.abs(residual(a) - residual(b)) / residual(trace.get(0)));
      gradient = Math.max(gradient, Math.abs(gradient(a) - gradient(b)) / gradient(trace.get(0)));
      sameUnits &= a.get("activeUnits").asInt() == b.get("activeUnits").asInt();
    }
    return new SolveComparison(
        lines - 1,
        converged(one) && converged(other),
        sameUnits,
        residual,
        gradient,
        distance(
            NpyFile.readVector(one.resolve("x.npy")), NpyFile.readVector(other.resolve("x.npy"))));
  }

  /** Whether rounding accounts for all of it; a NaN does not pass. */
  boolean agrees() {
    return converged
        && sameUnits
        && residual <= ITERATION_TOLERANCE
        && gradient <= ITERATION_TOLERANCE
        && x <= X_TOLERANCE;
  }

  private static double residual(JsonNode line) {
    return Math.sqrt(2 * number(line, "dataLoss"));
  }

  private static double gradient(JsonNode line) {
    return number(line, "gradientNorm");
  }

  /** The file has null for what is not finite. */
  private static double number(JsonNode line, String field) {
    return line.get(field).isNull() ? Double.NaN : line.get(field).asDouble();
  }

  private static boolean converged(Path results) {
    return CommandLineRun.json(results.resolve("result.json")).get("converged").asBoolean();
  }

  private static double distance(double[] x, double[] y) {
    if (x.length != y.length) {
      return Double.NaN;
    }
    double difference = 0;
    double length = 0;
    for (int i = 0; i < x.length; i++) {
      difference += (x[i] - y[i]) * (x[i] - y[i]);
      length += x[i] * x[i];
    }
    return Math.sqrt(difference / length);
  }
}
