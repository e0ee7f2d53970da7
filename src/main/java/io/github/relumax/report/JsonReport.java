package io.github.relumax.report;

import io.github.relumax.Version;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.FurtherDescents;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.Sampling;
import io.github.relumax.newton.Solution;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Results as JSON; docs/cli.md describes every field. A number that is not finite is null, since
 * JSON has no NaN.
 */
public final class JsonReport {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final JsonMapper INDENTED =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonReport() {}

  /** An empty object. */
  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Adds a number, null where it is not finite. */
  static void put(ObjectNode object, String name, double value) {
    if (Double.isFinite(value)) {
      object.put(name, value);
    } else {
      object.putNull(name);
    }
  }

  /** An object as indented text with a newline at its end. */
  static String text(ObjectNode object) {
    return INDENTED.writeValueAsString(object).replace("\r\n", "\n") + "\n";
  }

  /** The content of result.json. */
  public static String result(SolveRecord record) {
    Solution solution = record.solution();
    ObjectNode json = object();
    putOutcome(json, record);
    putSizes(json, record);
    put(json, "seconds", solution.seconds());
    json.set("phases", phases(solution));
    put(json, "readSeconds", record.readSeconds());
    putSettings(json, record);
    return text(json);
  }

  /** How a solve ended and what it found. */
  static void putOutcome(ObjectNode json, SolveRecord record) {
    Solution solution = record.solution();
    json.put("status", name(solution.status()));
    json.put("converged", solution.converged());
    json.put("meaning", solution.status().meaning());
    json.put("advice", solution.status().advice());
    json.put("iterations", solution.iterations());
    put(json, "loss", solution.loss());
    put(json, "dataLoss", solution.dataLoss());
    put(json, "regularization", solution.regularization());
    put(json, "gradientNorm", solution.gradientNorm());
    json.put("activeUnits", solution.activeUnits());
    solution.coarse().ifPresent(coarse -> json.set("coarse", CoarseText.json(coarse)));
    solution.further().ifPresent(further -> json.set("furtherDescents", further(further)));
    record.distanceToPlanted().ifPresent(value -> put(json, "distanceToPlanted", value));
    put(json, "storageError", solution.storageError());
    record
        .epsilonHeld()
        .ifPresent(held -> {
          ObjectNode epsilon = json.putObject("epsilon");
          put(epsilon, "asked", held.asked());
          put(epsilon, "worst", held.worst());
          epsilon.put("stepsHeld", held.held());
          epsilon.put("steps", held.steps());
          epsilon.put("held", held.everywhere());
        });
  }

  static ObjectNode further(FurtherDescents further) {
    ObjectNode json = object();
    json.put("count", further.count());
    json.put("lower", further.lower());
    json.put("iterations", further.iterations());
    put(json, "seconds", further.seconds());
    put(json, "firstLoss", further.firstLoss());
    return json;
  }

  /** What was solved, how and on what. */
  static void putSizes(ObjectNode json, SolveRecord record) {
    Problem problem = record.problem();
    Solution solution = record.solution();
    json.put("m", problem.m());
    json.put("n", problem.n());
    json.put("d", problem.d());
    json.put("path", solution.path().toString());
    json.put("method", solution.method().toString());
    json.set("backend", backend(solution.backend()));
  }

  /** What was asked for. */
  static void putSettings(ObjectNode json, SolveRecord record) {
    json.set("options", options(record));
    record
        .settings()
        .autoWeight()
        .ifPresent(weights -> json.set("autoWeight", WeightsText.json(weights)));
    record
        .settings()
        .seed()
        .ifPresentOrElse(seed -> json.put("seed", seed), () -> json.putNull("seed"));
    json.put("version", Version.current());
  }

  /** The content of trace.jsonl: one iteration a line. */
  public static String trace(SolveRecord record) {
    return record.iterations().stream()
        .map(iteration -> line(object(), iteration))
        .collect(Collectors.joining());
  }

  /** An iteration after what the object has, as a line. */
  static String line(ObjectNode json, Iteration iteration) {
    json.put("number", iteration.number());
    put(json, "loss", iteration.loss());
    put(json, "dataLoss", iteration.dataLoss());
    put(json, "regularization", iteration.regularization());
    put(json, "gradientNorm", iteration.gradientNorm());
    put(json, "stepNorm", iteration.stepNorm());
    put(json, "stepLength", iteration.stepLength());
    put(json, "gainRatio", iteration.gainRatio());
    put(json, "damping", iteration.damping());
    if (iteration.curvature() == null) {
      json.putNull("curvature");
    } else {
      json.put("curvature", name(iteration.curvature()));
    }
    json.put("activeUnits", iteration.activeUnits());
    json.put("flips", iteration.flips());
    json.put("atKink", iteration.atKink());
    json.put("rejected", iteration.rejected());
    json.put("sampledRows", iteration.approximation().rows());
    put(json, "epsilon", iteration.approximation().epsilon());
    json.put("products", iteration.approximation().products());
    put(json, "seconds", iteration.seconds());
    return MAPPER.writeValueAsString(json) + "\n";
  }

  static ObjectNode backend(BackendDescription backend) {
    ObjectNode json = object();
    json.put("name", backend.name());
    json.put("device", backend.device());
    json.put("threads", backend.threads());
    json.put("vectorBits", backend.vectorBits());
    return json;
  }

  static ObjectNode phases(Solution solution) {
    ObjectNode json = object();
    PhaseSeconds.of(solution).forEach((phase, seconds) -> put(json, phase, seconds));
    return json;
  }

  private static ObjectNode options(SolveRecord record) {
    SolveSettings settings = record.settings();
    NewtonOptions options = settings.options();
    ObjectNode json = object();
    json.put("start", settings.start());
    json.put("curvature", options.curvature().toString());
    json.put("path", options.path().toString());
    Sampling sampling = options.sampling();
    put(json, "sample", sampling.multiple().orElse(Double.NaN));
    put(json, "epsilon", sampling.epsilon().orElse(Double.NaN));
    put(json, "delta", sampling.delta());
    json.put("samplingSeed", sampling.seed());
    put(json, "tolerance", options.tolerance());
    json.put("maxIterations", options.maxIterations());
    put(json, "timeLimit", options.timeLimit());
    json.put("minima", options.minima().toString());
    json.put("coarseRows", options.coarseRows().toString());
    put(json, "radius", record.problem().radius());
    settings
        .weight()
        .ifPresentOrElse(weight -> json.put("weight", weight), () -> json.putNull("weight"));
    json.put("backend", settings.backend());
    return json;
  }

  /** An enum constant as the command line spells it: lower case with hyphens. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
