package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.Spectrum;
import io.github.relumax.theory.Certificate;
import io.github.relumax.theory.Contraction;
import io.github.relumax.theory.LipschitzEstimate;
import io.github.relumax.theory.MiddleMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A certificate as text and as JSON; docs/cli.md describes every line and field. */
public final class CertificateReport {
  private final Certificate certificate;

  public CertificateReport(Certificate certificate) {
    this.certificate = certificate;
  }

  /** A line for each figure. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    addPoint(lines);
    addMatrices(lines);
    addRadius(lines);
    lines.add("");
    certificate
        .weights()
        .ifPresentOrElse(
            weights -> lines.addAll(WeightsText.lines(weights)),
            () -> lines.add("W: " + certificate.noWeights()));
    certificate.contraction().ifPresent(contraction -> addContraction(lines, contraction));
    return lines;
  }

  private void addPoint(List<String> lines) {
    Evaluation evaluation = certificate.evaluation();
    lines.add(line("‖x‖", Format.scientific(certificate.norm(), 6)));
    lines.add(line("loss", Format.scientific(evaluation.loss(), 9)));
    lines.add(line("‖g‖", Format.scientific(evaluation.gradientNorm(), 6)));
    lines.add(
        line(
            "active units",
            "%s of %s"
                .formatted(
                    Format.count(evaluation.activeUnits()),
                    Format.count(certificate.problem().n()))));
  }

  private void addMatrices(List<String> lines) {
    lines.add(
        line(
            "l = λmin(Hess)",
            "%s, at most %s less; %s"
                .formatted(
                    Format.scientific(certificate.least().value(), 6),
                    Format.scientific(certificate.least().error(), 1),
                    spectrum().definiteness())));
    lines.add(line("λmax(Hess)", Format.scientific(certificate.greatest().value(), 6)));
    lines.add(line("B", eigenvalues(certificate.middle()) + " (published: -4 to 8)"));
    certificate.weighted().ifPresent(middle -> lines.add(line("B + W²", eigenvalues(middle))));
    lines.add(
        line(
            "C",
            "singular values %s to %s%s"
                .formatted(
                    Format.scientific(certificate.sigma().least(), 6),
                    Format.scientific(certificate.sigma().greatest(), 6),
                    certificate.sigma().fullRank()
                        ? ""
                        : "; the least is rounding: no full column rank")));
    lines.add(
        line("l by B and C alone", "at least " + Format.scientific(certificate.claimedLeast(), 6)));
  }

  private void addRadius(List<String> lines) {
    lines.add(line("nearest kink", Format.scientific(certificate.kinkDistance(), 6) + " away"));
    LipschitzEstimate m = certificate.lipschitz();
    lines.add(
        line(
            "M",
            m.isKnown()
                ? "at least %s, seen along %s with a step of %s"
                    .formatted(
                        Format.scientific(m.value()), m.direction(), Format.scientific(m.step(), 1))
                : "unknown: no step that turns no unit changes the Hessian beyond rounding"));
    lines.add(
        line(
            "radius 0.1 l / M",
            Double.isNaN(certificate.radius())
                ? "none"
                : "at most " + Format.scientific(certificate.radius())));
    certificate
        .starDistance()
        .ifPresent(distance -> lines.add(line("‖x - x*‖", Format.scientific(distance, 6))));
    certificate
        .startDistance()
        .ifPresent(distance -> lines.add(line("‖x0 - x*‖", Format.scientific(distance, 6))));
    lines.add(line("M ‖x0 - x*‖ <= 0.1 l", condition()));
  }

  private String condition() {
    Optional<Boolean> holds = certificate.holds();
    if (holds.isEmpty()) {
      return certificate.startDistance().isEmpty()
          ? "unknown without a start and x* (--from, --star)"
          : "unknown without M";
    }
    String sides =
        "%s against %s"
            .formatted(
                Format.scientific(
                    certificate.lipschitz().value() * certificate.startDistance().getAsDouble()),
                Format.scientific(Certificate.SHARE * certificate.least().value()));
    return holds.get() ? "as far as M is known: " + sides : "no: " + sides;
  }

  private void addContraction(List<String> lines, Contraction contraction) {
    lines.add("");
    lines.add(
        "A solve from x0 (%s): %s after %s"
            .formatted(
                certificate.curvature(),
                JsonReport.name(contraction.status()),
                contraction.steps() == 1 ? "1 step" : contraction.steps() + " steps"));
    lines.add("  step  ‖x - x*‖   ratio (predicted: at most %s)".formatted(Contraction.PREDICTED));
    for (int t = 0; t <= contraction.steps(); t++) {
      String ratio = t == 0 ? "" : ratio(contraction.ratio(t - 1));
      String remark = t == 0 || contraction.counts(t - 1) ? "" : "  (x* is not known so well)";
      lines.add(
          "  %4d  %s  %s%s"
              .formatted(t, Format.scientific(contraction.distances().get(t)), ratio, remark)
              .stripTrailing());
    }
    lines.add(
        line(
            "worst ratio",
            contraction.worst().isPresent()
                ? Format.scientific(contraction.worst().getAsDouble(), 2)
                : "none"));
    lines.add(
        line(
            "x* is known to",
            Double.isNaN(contraction.precision())
                ? "nothing: the Hessian there is not positive definite"
                : Format.scientific(contraction.precision(), 1)));
  }

  /** A step away from x* itself has none. */
  private static String ratio(double ratio) {
    return Double.isFinite(ratio) ? Format.scientific(ratio, 2) : "-";
  }

  /** The same as one JSON object. */
  public String json() {
    Evaluation evaluation = certificate.evaluation();
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "norm", certificate.norm());
    JsonReport.put(json, "loss", evaluation.loss());
    JsonReport.put(json, "dataLoss", evaluation.dataLoss());
    JsonReport.put(json, "regularization", evaluation.regularization());
    JsonReport.put(json, "gradientNorm", evaluation.gradientNorm());
    json.put("activeUnits", evaluation.activeUnits());
    json.set("hessian", hessianJson());
    json.set("middle", json(certificate.middle()));
    certificate
        .weighted()
        .ifPresentOrElse(
            middle -> json.set("middleWeighted", json(middle)),
            () -> json.putNull("middleWeighted"));
    ObjectNode sigma = JsonReport.object();
    JsonReport.put(sigma, "least", certificate.sigma().least());
    JsonReport.put(sigma, "greatest", certificate.sigma().greatest());
    sigma.put("fullRank", certificate.sigma().fullRank());
    json.set("sigma", sigma);
    JsonReport.put(json, "claimedLeast", certificate.claimedLeast());
    JsonReport.put(json, "kinkDistance", certificate.kinkDistance());
    json.set("lipschitz", lipschitzJson());
    JsonReport.put(json, "radius", certificate.radius());
    JsonReport.put(json, "starDistance", certificate.starDistance().orElse(Double.NaN));
    JsonReport.put(json, "startDistance", certificate.startDistance().orElse(Double.NaN));
    certificate
        .holds()
        .ifPresentOrElse(holds -> json.put("holds", holds), () -> json.putNull("holds"));
    certificate
        .weights()
        .ifPresentOrElse(
            weights -> json.set("weights", WeightsText.json(weights)),
            () -> json.putNull("weights"));
    json.put("noWeights", certificate.noWeights());
    certificate
        .contraction()
        .ifPresentOrElse(
            contraction -> json.set("contraction", json(contraction)),
            () -> json.putNull("contraction"));
    json.put("m", certificate.problem().m());
    json.put("n", certificate.problem().n());
    json.put("d", certificate.problem().d());
    json.set("backend", JsonReport.backend(certificate.backend()));
    json.put("version", Version.current());
    return JsonReport.text(json);
  }

  private ObjectNode hessianJson() {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "leastEigenvalue", certificate.least().value());
    JsonReport.put(json, "leastError", certificate.least().error());
    JsonReport.put(json, "greatestEigenvalue", certificate.greatest().value());
    JsonReport.put(json, "greatestError", certificate.greatest().error());
    json.put("definiteness", JsonReport.name(spectrum().definiteness()));
    return json;
  }

  private ObjectNode lipschitzJson() {
    LipschitzEstimate m = certificate.lipschitz();
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "value", m.value());
    JsonReport.put(json, "step", m.step());
    json.put("direction", m.isKnown() ? JsonReport.name(m.direction()) : null);
    json.put("randomDirections", m.randomDirections());
    json.put("ascentSteps", m.ascentSteps());
    return json;
  }

  private ObjectNode json(Contraction contraction) {
    ObjectNode json = JsonReport.object();
    json.put("curvature", certificate.curvature().toString());
    json.put("status", JsonReport.name(contraction.status()));
    json.put("converged", contraction.status().converged());
    JsonReport.put(json, "predicted", Contraction.PREDICTED);
    JsonReport.put(json, "worst", contraction.worst().orElse(Double.NaN));
    JsonReport.put(json, "precision", contraction.precision());
    ArrayNode distances = json.putArray("distances");
    contraction.distances().forEach(distances::add);
    ArrayNode ratios = json.putArray("ratios");
    ArrayNode counted = json.putArray("counted");
    for (int t = 0; t < contraction.steps(); t++) {
      double ratio = contraction.ratio(t);
      if (Double.isFinite(ratio)) {
        ratios.add(ratio);
      } else {
        ratios.addNull();
      }
      counted.add(contraction.counts(t));
    }
    return json;
  }

  private static ObjectNode json(MiddleMatrix middle) {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "leastEigenvalue", middle.least());
    JsonReport.put(json, "greatestEigenvalue", middle.greatest());
    return json;
  }

  private Spectrum spectrum() {
    return new Spectrum(
        certificate.least().value(),
        certificate.greatest().value(),
        certificate.least().rounding());
  }

  private static String eigenvalues(MiddleMatrix middle) {
    return "eigenvalues %s to %s"
        .formatted(Format.scientific(middle.least(), 6), Format.scientific(middle.greatest(), 6));
  }

  private static String line(String name, String value) {
    return "%-22s %s".formatted(name, value);
  }
}
