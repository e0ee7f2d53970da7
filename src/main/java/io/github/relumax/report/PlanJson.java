package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.Prediction;
import io.github.relumax.plan.Step;
import io.github.relumax.plan.Workload;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A plan as JSON; docs/cli.md describes every field. */
public final class PlanJson {
  private PlanJson() {}

  /** The content of the file that {@code relumax plan --json} writes. */
  public static String text(PlanRecord plan) {
    Workload load = plan.load();
    ObjectNode json = JsonReport.object();
    json.put("problem", plan.name());
    json.put("m", load.m());
    json.put("n", load.n());
    json.put("d", load.d());
    json.put("a2", load.type().toString());
    json.put("activeUnits", load.activeUnits());
    json.put("activeCounted", plan.activeCounted());
    JsonReport.put(json, "flips", load.flips());
    json.put("iterations", load.iterations());
    json.set("backend", JsonReport.backend(plan.backend()));
    json.put("path", plan.decision().path().toString());
    json.put("method", plan.decision().method().toString());
    JsonReport.put(json, "sampledRows", load.sampledRows());
    plan.decision().coarse().ifPresent(size -> json.set("coarse", CoarseText.json(size)));
    plan.lossless()
        .ifPresent(lossless -> JsonReport.put(json, "losslessSeconds", lossless.seconds()));
    json.put("fits", plan.decision().fits());
    json.put("availableBytes", plan.decision().available());
    json.put("a2Bytes", load.a2Bytes());
    json.put("a2Mapped", plan.a2Mapped());
    json.put("a2NonZeros", load.nonZeros());
    json.put("a2CompressedBytes", load.compressedBytes());
    ObjectNode rates = json.putObject("rates");
    JsonReport.put(rates, "product", plan.rates().product());
    JsonReport.put(rates, "gram", plan.rates().gram());
    JsonReport.put(rates, "memory", plan.rates().memory());
    JsonReport.put(rates, "call", plan.rates().call());
    ObjectNode paths = json.putObject("paths");
    for (CurvaturePath path : CurvaturePath.values()) {
      SolveMemory memory =
          path == CurvaturePath.KEPT ? plan.decision().kept() : plan.decision().streamed();
      paths.set(path.toString(), path(plan.prediction(path), memory));
    }
    ObjectNode methods = json.putObject("methods");
    for (StepMethod method : StepMethod.values()) {
      Prediction prediction = plan.prediction(method);
      ObjectNode one = methods.putObject(method.toString());
      JsonReport.put(one, "seconds", prediction.seconds());
      JsonReport.put(one, "iterationSeconds", prediction.iterationSeconds());
    }
    json.put("version", Version.current());
    return JsonReport.text(json);
  }

  private static ObjectNode path(Prediction prediction, SolveMemory memory) {
    ObjectNode json = JsonReport.object();
    json.put("bytes", memory.bytes());
    ArrayNode parts = json.putArray("memory");
    memory
        .parts()
        .forEach(part -> parts.addObject().put("name", part.name()).put("bytes", part.bytes()));
    JsonReport.put(json, "seconds", prediction.seconds());
    JsonReport.put(json, "startSeconds", prediction.startSeconds());
    JsonReport.put(json, "iterationSeconds", prediction.iterationSeconds());
    json.set("phases", phases(prediction));
    ArrayNode steps = json.putArray("steps");
    for (Step step : prediction.steps()) {
      ObjectNode one = steps.addObject();
      one.put("phase", step.phase().toString());
      one.put("work", step.name());
      one.put("times", prediction.times(step));
      JsonReport.put(one, "flops", step.flops());
      JsonReport.put(one, "bytes", step.bytes());
      JsonReport.put(one, "seconds", step.seconds());
    }
    return json;
  }

  /** Predicted seconds of a whole solve by phase. */
  static ObjectNode phases(Prediction prediction) {
    ObjectNode json = JsonReport.object();
    for (Phase phase : Phase.values()) {
      JsonReport.put(json, phase.toString(), prediction.seconds(phase));
    }
    return json;
  }
}
