package io.github.relumax.report;

import io.github.relumax.theory.Weights;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What there is to say about the choice of W. */
public final class WeightsText {
  private WeightsText() {}

  /** The weight that {@code --weight auto} takes, beside what the theory would have taken. */
  public static String line(Weights weights) {
    return "w = %s, the smallest with Hess >= %s I; by B and σmin %s, published %s"
        .formatted(
            Format.scientific(weights.smallest()),
            Format.scientific(weights.l()),
            Format.scientific(weights.claimed()),
            published(weights));
  }

  /** A line for every rule. */
  static List<String> lines(Weights weights) {
    return List.of(
        "W for Hess >= %s I".formatted(Format.scientific(weights.l())),
        line("w I, smallest", Format.scientific(weights.smallest())),
        line("w I by B and σmin", Format.scientific(weights.claimed())),
        line(
            "rows by B and σmin",
            "%s to %s, root mean square %s"
                .formatted(
                    Format.scientific(leastRow(weights)),
                    Format.scientific(greatestRow(weights)),
                    Format.scientific(rootMeanSquare(weights)))),
        line("w I, published", published(weights)));
  }

  private static String published(Weights weights) {
    return Double.isNaN(weights.published())
        ? "needs ‖b‖₁ <= 1"
        : Format.scientific(weights.published());
  }

  private static String line(String name, String value) {
    return "  %-20s %s".formatted(name, value);
  }

  static ObjectNode json(Weights weights) {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "l", weights.l());
    JsonReport.put(json, "smallest", weights.smallest());
    JsonReport.put(json, "claimed", weights.claimed());
    ObjectNode rows = JsonReport.object();
    JsonReport.put(rows, "least", leastRow(weights));
    JsonReport.put(rows, "greatest", greatestRow(weights));
    JsonReport.put(rows, "rootMeanSquare", rootMeanSquare(weights));
    json.set("rows", rows);
    JsonReport.put(json, "published", weights.published());
    return json;
  }

  private static double leastRow(Weights weights) {
    return Math.sqrt(Arrays.stream(weights.rowSquares()).min().orElse(Double.NaN));
  }

  private static double greatestRow(Weights weights) {
    return Math.sqrt(Arrays.stream(weights.rowSquares()).max().orElse(Double.NaN));
  }

  private static double rootMeanSquare(Weights weights) {
    return Math.sqrt(Arrays.stream(weights.rowSquares()).average().orElse(Double.NaN));
  }
}
