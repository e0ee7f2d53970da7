package io.github.relumax.report;

import io.github.relumax.backend.BackendDescription;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.CostModel;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.plan.Prediction;
import io.github.relumax.plan.Rates;
import io.github.relumax.plan.Workload;
import java.util.Optional;

/**
 * What a solve would take.
 *
 * @param name of the problem: its folder, or its sizes
 * @param load what is to be solved
 * @param activeCounted whether the active units were counted at the start, not assumed
 * @param a2Mapped whether A2 stays a file
 * @param decision the path, and the memory of both
 * @param rates of the machine
 * @param backend that they were measured on
 */
public record PlanRecord(
    String name,
    Workload load,
    boolean activeCounted,
    boolean a2Mapped,
    PathDecision decision,
    Rates rates,
    BackendDescription backend) {

  /** What the model says of a path, by the method that it would be taken with. */
  public Prediction prediction(CurvaturePath path) {
    SolveMemory memory = path == CurvaturePath.KEPT ? decision.kept() : decision.streamed();
    return CostModel.predict(load, path, memory.method(), rates);
  }

  /** What it says of a method on the path taken. */
  public Prediction prediction(StepMethod method) {
    return CostModel.predict(load, decision.path(), method, rates);
  }

  /** What it says of the path taken. */
  public Prediction prediction() {
    return prediction(decision.path());
  }

  /**
   * What it says where the solve ends with the coarse problem; empty where there is none, and where
   * float32 storage makes the solve go on.
   */
  public Optional<Prediction> lossless() {
    return load.coarse()
        .filter(_ -> load.type() == ElementType.FLOAT64)
        .map(_ -> CostModel.predict(load.lossless(), decision.path(), decision.method(), rates));
  }
}
