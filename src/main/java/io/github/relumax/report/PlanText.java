package io.github.relumax.report;

import io.github.relumax.newton.Phase;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.Prediction;
import io.github.relumax.plan.Rates;
import io.github.relumax.plan.Step;
import io.github.relumax.plan.Workload;
import java.util.ArrayList;
import java.util.List;

/** A plan as tables for a person. */
public final class PlanText {
  private static final String MEMORY = "%-26s %12s %12s";
  private static final String WORK = "%-10s %-32s %6s %11s %9s %10s";
  private static final double GIGA = 1e-9;

  private static final List<StepMethod> METHODS =
      List.of(StepMethod.FULL, StepMethod.SAMPLED, StepMethod.SKETCH_CG);

  private PlanText() {}

  /** Problem, assumptions, memory, path, work and time: a line each. */
  public static List<String> lines(PlanRecord plan) {
    List<String> lines = new ArrayList<>();
    addProblem(lines, plan);
    lines.add("");
    addMemory(lines, plan);
    lines.add("");
    addPath(lines, plan);
    lines.add("");
    addMethods(lines, plan);
    lines.add("");
    addWork(lines, plan.prediction());
    return lines;
  }

  private static void addProblem(List<String> lines, PlanRecord plan) {
    Workload load = plan.load();
    Rates rates = plan.rates();
    lines.add(
        "Problem  %s: m = %s, n = %s, d = %s, A2 %s"
            .formatted(
                plan.name(),
                Format.count(load.m()),
                Format.count(load.n()),
                Format.count(load.d()),
                load.type()));
    lines.add("Backend  %s, %s".formatted(plan.backend().name(), plan.backend().device()));
    lines.add(
        "Rates    product %s GFLOP/s, gram %s GFLOP/s, memory %s GB/s, %s calls/ms, measured just now"
            .formatted(
                Format.fixed(rates.product(), 1),
                Format.fixed(rates.gram(), 1),
                Format.fixed(rates.memory(), 1),
                Format.fixed(rates.call(), 1)));
    lines.add(
        "Assumed  %s units active (%s), %s flips in a step (%s %% of them), %s%s"
            .formatted(
                Format.count(load.activeUnits()),
                plan.activeCounted() ? "counted at the start" : "half of them",
                Format.fixed(load.flips(), 0),
                Format.fixed(100 * load.flips() / load.activeUnits(), 0),
                load.coarse()
                    .map(c -> Format.iterations(c.iterations()) + " of the coarse problem, then ")
                    .orElse(""),
                Format.iterations(load.iterations())));
  }

  private static void addMemory(List<String> lines, PlanRecord plan) {
    SolveMemory kept = plan.decision().kept();
    SolveMemory streamed = plan.decision().streamed();
    lines.add(MEMORY.formatted("Memory", "C kept", "C streamed"));
    for (int k = 0; k < kept.parts().size(); k++) {
      String name = k == 0 ? "C, or a block of it" : kept.parts().get(k).name();
      lines.add(memory(name, kept.parts().get(k).bytes(), streamed.parts().get(k).bytes()));
    }
    lines.add(memory("needed", kept.bytes(), streamed.bytes()));
    long available = plan.decision().available();
    lines.add(memory("available", available, available));
    long a2 = plan.load().a2Bytes();
    lines.add(
        "A2 takes %s %s"
            .formatted(
                Format.bytes(a2),
                plan.a2Mapped()
                    ? "as a mapped file, which is cache and need not fit"
                    : "of memory, taken off what is available: it has to be copied"));
    Workload load = plan.load();
    if (load.compressed()) {
      lines.add(
          "A2 is about %s %% non-zero: kept compressed, %s"
              .formatted(
                  Format.fixed(100.0 * load.nonZeros() / load.m() / load.n(), 1),
                  Format.bytes(load.compressedBytes())));
    } else if (plan.a2Mapped() && a2 > available - plan.decision().memory().bytes()) {
      lines.add("and does not fit beside the rest: every pass over it reads the disk, unplanned");
    }
  }

  private static String memory(String name, long kept, long streamed) {
    return MEMORY.formatted(name, Format.bytes(kept), Format.bytes(streamed));
  }

  private static void addPath(List<String> lines, PlanRecord plan) {
    lines.add("Path     " + PathText.line(plan.decision()));
    for (CurvaturePath path : CurvaturePath.values()) {
      Prediction prediction = plan.prediction(path);
      lines.add(
          "         %s: start %s, an iteration %s, in all %s"
              .formatted(
                  path,
                  Format.seconds(prediction.startSeconds()),
                  Format.seconds(prediction.iterationSeconds()),
                  Format.seconds(prediction.seconds())));
    }
  }

  private static void addMethods(List<String> lines, PlanRecord plan) {
    plan.decision().coarse().ifPresent(coarse -> lines.add("Coarse   " + CoarseText.line(coarse)));
    plan.lossless()
        .ifPresent(lossless ->
            lines.add(
                "         where some x gives b the solve ends with them: in all "
                    + Format.seconds(lossless.seconds())));
    lines.add("Steps    " + plan.decision().method().description());
    for (StepMethod method : METHODS) {
      Prediction prediction = plan.prediction(method);
      lines.add(
          "         %s: an iteration %s, in all %s"
              .formatted(
                  method,
                  Format.seconds(prediction.iterationSeconds()),
                  Format.seconds(prediction.seconds())));
    }
  }

  private static void addWork(List<String> lines, Prediction prediction) {
    lines.add(WORK.formatted("Phase", "work", "times", "GFLOP", "GB", "seconds"));
    for (Phase phase : Phase.values()) {
      for (Step step : prediction.steps()) {
        if (step.phase() == phase) {
          lines.add(
              WORK.formatted(
                  phase,
                  step.name(),
                  prediction.times(step),
                  Format.fixed(GIGA * step.flops(), 3),
                  Format.fixed(GIGA * step.bytes(), 3),
                  Format.fixed(step.seconds(), 4)));
        }
      }
    }
    lines.add("");
    for (Phase phase : Phase.values()) {
      if (prediction.seconds(phase) > 0) {
        lines.add("%-10s %10s s".formatted(phase, Format.fixed(prediction.seconds(phase), 4)));
      }
    }
    lines.add("%-10s %10s s".formatted("in all", Format.fixed(prediction.seconds(), 4)));
  }
}
