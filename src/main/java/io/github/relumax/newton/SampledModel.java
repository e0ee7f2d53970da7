package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.Collection;

/**
 * H̃ in place of H (approximate Newton, claim 6 of arXiv 2308.08358). How near it is is estimated
 * by Lanczos steps for the pair (H, H̃) from a random vector; a sample that is too far from H
 * grows.
 */
final class SampledModel implements CurvatureModel {
  /** Lanczos steps, a product with H each. */
  private static final int LANCZOS_STEPS = 4;

  /** ε that a step needs to make good progress. */
  private static final double GOOD_EPSILON = 0.5;

  /** Where ε is below this part of what is asked for, a smaller sample would do. */
  private static final double FAR_BETTER = 0.25;

  /**
   * Part of mean H̃_jj that is added to H and H̃, so that directions without curvature count not.
   */
  private static final double RIDGE = 1e-10;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final int m;
  private final boolean demanded;
  private final double wanted;
  private final Owned owned;
  private final SampledCurvature sampled;
  private final MatrixSystem system;
  private final ConjugateGradients lanczos;
  private final Buffer start;
  private final Buffer end;
  private final Buffer factor;

  SampledModel(
      Backend backend,
      SoftmaxReluObjective objective,
      int m,
      Collection<CurvatureForm> forms,
      Sampling options) {
    this.backend = backend;
    this.objective = objective;
    this.m = m;
    demanded = options.epsilon().isPresent();
    wanted = options.epsilon().orElse(GOOD_EPSILON);
    int d = objective.d();
    owned = new Owned(backend);
    try {
      sampled =
          owned.add(
              new SampledCurvature(backend, objective, m, forms, options), SampledCurvature::close);
      system = owned.add(new MatrixSystem(backend, d), MatrixSystem::close);
      lanczos = owned.add(new ConjugateGradients(backend, d), ConjugateGradients::close);
      start = owned.allocate(1, d);
      end = owned.allocate(1, d);
      factor = owned.allocate(d, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public ShiftedSystem at(CurvatureForm form) {
    return direct(form);
  }

  @Override
  public MatrixSystem direct(CurvatureForm form) {
    CurvatureRows rows = objective.curvatureRows(form);
    SampledCurvature.Drawn drawn = sampled.at(form);
    if (!drawn.isJudged()) {
      judge(form, rows, drawn);
    }
    return system.of(drawn.h());
  }

  @Override
  public ShiftedSystem deciding(CurvatureForm form) {
    return system.of(sampled.complete(form).h());
  }

  private void judge(CurvatureForm form, CurvatureRows rows, SampledCurvature.Drawn drawn) {
    double epsilon = epsilon(rows, drawn);
    while (demanded && !(epsilon <= wanted) && sampled.canGrow(drawn)) {
      sampled.enlarge(form);
      epsilon = epsilon(rows, drawn);
    }
    drawn.judge(epsilon);
    if (!(epsilon <= wanted)) {
      sampled.grow(drawn);
    } else if (epsilon < FAR_BETTER * wanted) {
      sampled.shrink(drawn);
    }
  }

  /**
   * The distance from 1 of the Ritz values of H̃⁻¹H; NaN where H̃ is not even positive definite.
   */
  private double epsilon(CurvatureRows rows, SampledCurvature.Drawn drawn) {
    if (drawn.isExact(m)) {
      return 0;
    }
    double ridge = RIDGE * backend.scale(drawn.h());
    if (!backend.factor(drawn.h(), ridge, factor)) {
      return Double.NaN;
    }
    sampled.randomVector(start);
    lanczos.solve(rows::times, ridge, factor, start, 0, LANCZOS_STEPS, end);
    drawn.count(lanczos.products());
    return lanczos.epsilon();
  }

  @Override
  public void moved() {
    sampled.moved();
  }

  @Override
  public Approximation approximation(CurvatureForm form) {
    return sampled.approximation(form);
  }

  @Override
  public void close() {
    owned.close();
  }
}
