package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.Spectrum;
import io.github.relumax.theory.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/**
 * What there is to say about one x.
 *
 * @param problem with the regulariser that was used
 * @param autoWeight how W was chosen, where it was
 * @param norm ‖x‖
 * @param evaluation loss and gradient
 * @param hessian eigenvalues of the exact Hessian; null where the loss overflows
 * @param gaussNewton eigenvalues of the Gauss-Newton matrix; null where the loss overflows
 * @param distanceToPlanted ‖x - x*‖ / ‖x*‖, where an x* is known
 * @param backend what computed it
 */
public record PointReport(
    Problem problem,
    Optional<Weights> autoWeight,
    double norm,
    Evaluation evaluation,
    Spectrum hessian,
    Spectrum gaussNewton,
    OptionalDouble distanceToPlanted,
    BackendDescription backend) {

  /** A line for each number. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    autoWeight.ifPresent(weights -> lines.add(line("weight", WeightsText.line(weights))));
    lines.add(line("‖x‖", Format.scientific(norm, 6)));
    lines.add(line("loss", Format.scientific(evaluation.loss(), 9)));
    lines.add(line("  data", Format.scientific(evaluation.dataLoss(), 9)));
    lines.add(line("  regularization", Format.scientific(evaluation.regularization(), 9)));
    lines.add(line("‖g‖", Format.scientific(evaluation.gradientNorm(), 6)));
    lines.add(
        line(
            "active units",
            "%s of %s"
                .formatted(Format.count(evaluation.activeUnits()), Format.count(problem.n()))));
    distanceToPlanted.ifPresent(
        distance -> lines.add(line("‖x - x*‖ / ‖x*‖", Format.scientific(distance, 6))));
    if (hessian == null) {
      lines.add("Loss or gradient overflow at this x: there is no curvature to look at.");
    } else {
      lines.add(line("Hessian", eigenvalues(hessian)));
      lines.add(line("Gauss-Newton", eigenvalues(gaussNewton)));
    }
    return lines;
  }

  /** The same as one JSON object; docs/cli.md describes every field. */
  public String json() {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "norm", norm);
    JsonReport.put(json, "loss", evaluation.loss());
    JsonReport.put(json, "dataLoss", evaluation.dataLoss());
    JsonReport.put(json, "regularization", evaluation.regularization());
    JsonReport.put(json, "gradientNorm", evaluation.gradientNorm());
    json.put("activeUnits", evaluation.activeUnits());
    distanceToPlanted.ifPresent(value -> JsonReport.put(json, "distanceToPlanted", value));
    if (hessian == null) {
      json.putNull("hessian");
      json.putNull("gaussNewton");
    } else {
      json.set("hessian", json(hessian));
      json.set("gaussNewton", json(gaussNewton));
    }
    autoWeight.ifPresent(weights -> json.set("autoWeight", WeightsText.json(weights)));
    json.put("m", problem.m());
    json.put("n", problem.n());
    json.put("d", problem.d());
    json.set("backend", JsonReport.backend(backend));
    json.put("version", Version.current());
    return JsonReport.text(json);
  }

  private static String line(String name, String value) {
    return "%-17s %s".formatted(name, value);
  }

  private static String eigenvalues(Spectrum spectrum) {
    return "eigenvalues %s to %s, %s"
        .formatted(
            Format.scientific(spectrum.least(), 6),
            Format.scientific(spectrum.greatest(), 6),
            spectrum.definiteness());
  }

  private static ObjectNode json(Spectrum spectrum) {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "leastEigenvalue", spectrum.least());
    JsonReport.put(json, "greatestEigenvalue", spectrum.greatest());
    json.put("definiteness", JsonReport.name(spectrum.definiteness()));
    return json;
  }
}
