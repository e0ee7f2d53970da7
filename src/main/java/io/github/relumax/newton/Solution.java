package io.github.relumax.newton;

import io.github.relumax.backend.BackendDescription;
import io.github.relumax.objective.CurvaturePath;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a solve.
 *
 * @param x the iterate with the lowest loss, up to the rounding of the loss
 * @param status why the solve ended
 * @param iterations accepted steps, those of all descents; the way of the coarse problem is one
 * @param loss Lreg at x
 * @param dataLoss 1/2 ‖f - b‖² at x
 * @param regularization 1/2 ‖W z‖² at x
 * @param gradientNorm the distance of 0 from the generalized gradient, as {@link
 *     Iteration#gradientNorm}
 * @param activeUnits units with z1 &gt; 0 at x
 * @param storageError about how far, relative to ‖x‖, rounding A1 and A2 to float32 storage moves
 *     the minimiser; 0 where both are float64, and where the solve has not converged
 * @param path whether C was kept
 * @param method what stood for H
 * @param backend what it ran on
 * @param further what descending again took and brought; empty where the first minimum was kept
 *     without a look for others
 * @param coarse what became of the coarse problem; empty where there was none
 * @param seconds from the start of the solve to its end
 * @param phases seconds by phase
 */
public record Solution(
    double[] x,
    Status status,
    int iterations,
    double loss,
    double dataLoss,
    double regularization,
    double gradientNorm,
    int activeUnits,
    double storageError,
    CurvaturePath path,
    StepMethod method,
    BackendDescription backend,
    Optional<FurtherDescents> further,
    Optional<CoarseSolve> coarse,
    double seconds,
    Map<Phase, Double> phases) {

  public Solution {
    x = x.clone();
    phases = Map.copyOf(phases);
  }

  /** A copy. */
  @Override
  public double[] x() {
    return x.clone();
  }

  /** True when {@link #status} is a success. */
  public boolean converged() {
    return status.converged();
  }
}
