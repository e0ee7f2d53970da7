package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.Collection;

/** H itself, summed over all rows of C. */
final class FullModel implements CurvatureModel {
  private final SoftmaxReluObjective objective;
  private final MatrixSystem system;

  FullModel(Backend backend, SoftmaxReluObjective objective, Collection<CurvatureForm> forms) {
    this.objective = objective;
    forms.forEach(objective::reserve);
    system = new MatrixSystem(backend, objective.d());
  }

  @Override
  public ShiftedSystem at(CurvatureForm form) {
    return direct(form);
  }

  @Override
  public MatrixSystem direct(CurvatureForm form) {
    return system.of(objective.curvature(form));
  }

  /** The objective knows what it has. */
  @Override
  public void moved() {}

  @Override
  public Approximation approximation(CurvatureForm form) {
    return Approximation.NONE;
  }

  @Override
  public void close() {
    system.close();
  }
}
