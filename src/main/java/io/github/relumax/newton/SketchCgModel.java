package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.List;

/**
 * H by products alone, in conjugate gradients that H̃ preconditions: the steps of H itself, to the
 * precision asked for. H̃ is sampled from the Gauss-Newton matrix for the exact Hessian too: where
 * that is positive definite the two are near each other, and its own positive part may have next to
 * no rows. Where a direction of negative curvature is met, H + λI is not positive definite, which
 * is all that a step needs to know.
 */
final class SketchCgModel implements CurvatureModel {
  /** Beyond this many steps a larger sample is cheaper. */
  private static final int MANY_STEPS = 10;

  /** With fewer a smaller one would do. */
  private static final int FEW_STEPS = 3;

  /** What has been reached then is taken. */
  private static final int MOST_STEPS = 200;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final Owned owned;
  private final SampledCurvature sampled;
  private final ConjugateGradients gradients;
  private final Buffer factor;

  /** H itself, for steps that know about kinks. */
  private final FullModel full;

  private boolean direct;

  SketchCgModel(Backend backend, SoftmaxReluObjective objective, int m, Sampling options) {
    this.backend = backend;
    this.objective = objective;
    int d = objective.d();
    owned = new Owned(backend);
    try {
      sampled =
          owned.add(
              new SampledCurvature(
                  backend, objective, m, List.of(CurvatureForm.GAUSS_NEWTON), options),
              SampledCurvature::close);
      gradients = owned.add(new ConjugateGradients(backend, d), ConjugateGradients::close);
      factor = owned.allocate(d, d);
      full =
          owned.add(
              new FullModel(backend, objective, Curvature.SKETCH_CG.forms()), FullModel::close);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public ShiftedSystem at(CurvatureForm form) {
    SampledCurvature.Drawn drawn = sampled.at(CurvatureForm.GAUSS_NEWTON);
    return new Preconditioned(form, objective.curvatureRows(form), drawn);
  }

  @Override
  public MatrixSystem direct(CurvatureForm form) {
    direct = true;
    return full.direct(form);
  }

  private final class Preconditioned implements ShiftedSystem {
    private final CurvatureForm form;
    private final CurvatureRows rows;
    private final SampledCurvature.Drawn drawn;
    private double shift;

    Preconditioned(CurvatureForm form, CurvatureRows rows, SampledCurvature.Drawn drawn) {
      this.form = form;
      this.rows = rows;
      this.drawn = drawn;
    }

    @Override
    public double scale() {
      return backend.scale(drawn.h());
    }

    @Override
    public boolean factor(double newShift) {
      shift = newShift;
      return backend.factor(drawn.h(), shift, factor);
    }

    @Override
    public boolean solve(Buffer r, Buffer out, double precision) {
      boolean solved = gradients.solve(rows::times, shift, factor, r, precision, MOST_STEPS, out);
      int steps = gradients.products();
      boolean sameForm = form == CurvatureForm.GAUSS_NEWTON;
      drawn.count(steps);
      if (sameForm) {
        // The first solve alone: where a ball binds, many more follow, and more precise ones.
        if (!drawn.isJudged() && steps > MANY_STEPS) {
          sampled.grow(drawn);
        } else if (!drawn.isJudged() && steps < FEW_STEPS) {
          sampled.shrink(drawn);
        }
        drawn.judge(gradients.epsilon());
      }
      return solved;
    }
  }

  @Override
  public void moved() {
    direct = false;
    sampled.moved();
  }

  @Override
  public Approximation approximation(CurvatureForm form) {
    if (direct) {
      return Approximation.NONE;
    }
    Approximation of = sampled.approximation(CurvatureForm.GAUSS_NEWTON);
    // Of H̃ and the Gauss-Newton matrix; how near H̃ is to the exact Hessian was not estimated.
    return form == CurvatureForm.GAUSS_NEWTON
        ? of
        : new Approximation(Double.NaN, of.rows(), of.products());
  }

  @Override
  public void close() {
    owned.close();
  }
}
