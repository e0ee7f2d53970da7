package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.SoftmaxReluObjective;

/** The diagonal alone of what stands between Cᵀ and C: the paper's setting for large weights. */
final class DiagonalModel implements CurvatureModel {
  private final SoftmaxReluObjective objective;
  private final Buffer h;
  private final MatrixSystem system;
  private boolean current;

  DiagonalModel(Backend backend, SoftmaxReluObjective objective) {
    this.objective = objective;
    system = new MatrixSystem(backend, objective.d());
    try {
      h = backend.allocate(objective.d(), objective.d());
    } catch (RuntimeException | Error e) {
      system.close();
      throw e;
    }
  }

  @Override
  public ShiftedSystem at(CurvatureForm form) {
    return direct(form);
  }

  @Override
  public MatrixSystem direct(CurvatureForm form) {
    if (!current) {
      objective.diagonalCurvature(h);
      current = true;
    }
    return system.of(h);
  }

  @Override
  public ShiftedSystem deciding(CurvatureForm form) {
    objective.curvatureRows(form).sum(h);
    current = true;
    return system.of(h);
  }

  @Override
  public void moved() {
    current = false;
  }

  @Override
  public Approximation approximation(CurvatureForm form) {
    return Approximation.NONE;
  }

  @Override
  public void close() {
    system.close();
    h.close();
  }
}
