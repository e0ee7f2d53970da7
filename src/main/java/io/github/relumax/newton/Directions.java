package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.model.Problem;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The steps p from a place: of each form of H the minimiser of its damped model. */
final class Directions implements AutoCloseable {
  /**
   * Damping of the step that decides convergence: below what it changes in any direction that
   * matters.
   */
  private static final double NEARLY_UNDAMPED = 1e-10;

  /**
   * Residual of a step's linear system at most, relative to the gradient. With ten times as much
   * steps lead past other kinks than those of exact systems, and solves take more of them, which is
   * dearer than a product more in each.
   */
  private static final double MOST_RESIDUAL = 1e-3;

  /** Residual at least: steps that have to be better are followed by another one. */
  private static final double LEAST_RESIDUAL = 1e-6;

  private final Backend backend;
  private final Place place;
  private final Curvature curvature;
  private final Damping damping;
  private final FormChoice choice;
  private final PhaseClock clock;
  private final BooleanSupplier stopped;
  private final Owned owned;
  private final Map<CurvatureForm, Direction> directions = new EnumMap<>(CurvatureForm.class);
  private final DampedModel model;
  private final Buffer scratch;

  /** A step p of one form, and what its model promises. */
  private static final class Direction {
    final Buffer p;
    Forecast forecast;

    Direction(Buffer p) {
      this.p = p;
    }
  }

  /**
   * Steps from this place.
   *
   * @param damping which is raised where no model has a minimiser
   * @param choice of the form, which begins anew where the exact Hessian has none
   * @param stopped whether to give up raising it
   */
  Directions(
      Backend backend,
      Problem problem,
      Place place,
      Curvature curvature,
      Damping damping,
      FormChoice choice,
      PhaseClock clock,
      BooleanSupplier stopped) {
    this.backend = backend;
    this.place = place;
    this.curvature = curvature;
    this.damping = damping;
    this.choice = choice;
    this.clock = clock;
    this.stopped = stopped;
    int d = problem.d();
    owned = new Owned(backend);
    try {
      model = owned.add(new DampedModel(backend, d, problem.radius()), DampedModel::close);
      for (CurvatureForm form : CurvatureForm.values()) {
        directions.put(form, new Direction(owned.allocate(1, d)));
      }
      scratch = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The last step of this form. */
  Buffer p(CurvatureForm form) {
    return directions.get(form).p;
  }

  /** ‖p‖ of the last step of this form. */
  double length(CurvatureForm form) {
    return place.norm(p(form));
  }

  /** What the undamped model promises for x + t p. */
  double predictedDecrease(CurvatureForm form, double t) {
    return directions.get(form).forecast.decrease(t);
  }

  /**
   * Minimises the damped model of each form; a form whose H is indefinite is left out, unless it is
   * the only one.
   */
  List<CurvatureForm> compute(List<CurvatureForm> forms) {
    List<CurvatureForm> usable = new ArrayList<>();
    for (CurvatureForm form : forms) {
      if (compute(form)) {
        usable.add(form);
      } else if (form == CurvatureForm.EXACT && curvature.choosesForm()) {
        choice.restart();
        if (forms.size() == 1) {
          return compute(choice.forms());
        }
      } else {
        while (usable.isEmpty() && !damping.isExhausted() && !stopped.getAsBoolean()) {
          damping.raise();
          if (compute(form)) {
            usable.add(form);
          }
        }
      }
    }
    return usable;
  }

  /**
   * Minimises the damped model of a form. Where the step leaves kinks by the other side than was
   * assumed, the model there is another one.
   */
  private boolean compute(CurvatureForm form) {
    boolean found = minimise(form);
    if (found
        && place.knowsKinks()
        && clock.time(Phase.CURVATURE, () -> place.kinks().followStep())) {
      place.curvature().moved();
      found = minimise(form);
    }
    return found;
  }

  /**
   * p = the minimiser of the model of this form with the present damping.
   *
   * @return false if there is none: H is not positive definite
   */
  boolean minimise(CurvatureForm form) {
    return minimise(form, damping.value());
  }

  /** The same with next to no damping, or with the present one where that is less. */
  boolean nearlyUndamped(CurvatureForm form) {
    return minimise(form, Math.min(NEARLY_UNDAMPED, damping.value())) || undamped(form);
  }

  /** The same with next to no damping. */
  boolean undamped(CurvatureForm form) {
    return minimise(form, NEARLY_UNDAMPED);
  }

  private boolean minimise(CurvatureForm form, double mu) {
    StepModel step = clock.time(Phase.CURVATURE, () -> stepModel(form));
    Direction direction = directions.get(form);
    Buffer x = place.objective().x();
    return clock.time(
        Phase.STEP,
        () -> {
          boolean found = model.minimise(step, mu * step.scale(), precision(), x, direction.p);
          if (found) {
            direction.forecast = step.forecast(direction.p, model.curvatureAlong());
          }
          return found;
        });
  }

  private StepModel stepModel(CurvatureForm form) {
    if (!place.knowsKinks()) {
      return smooth(form, place.objective().gradient(), scratch);
    }
    if (place.kinks().takeSides()) {
      place.curvature().moved();
    }
    return place.kinks().of(form, place.curvature().direct(form));
  }

  private SmoothModel smooth(CurvatureForm form, Buffer gradient, Buffer right) {
    ShiftedSystem h = place.curvature().at(form);
    return new SmoothModel(backend, h, place.objective().x(), gradient, right);
  }

  /**
   * The residual that a step's linear system may have, relative to the gradient: the square of the
   * last fall of the gradient, which is what a quadratically convergent step can use (Eisenstat and
   * Walker 1996, choice 2).
   */
  private double precision() {
    double fall = place.evaluation().gradientNorm() / place.lastGradient();
    return fall < 1 ? Math.clamp(fall * fall, LEAST_RESIDUAL, MOST_RESIDUAL) : MOST_RESIDUAL;
  }

  /**
   * ‖p‖ of the nearly undamped Gauss-Newton step with this for the gradient; NaN where there is
   * none.
   */
  double answer(Buffer gradient) {
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    StepModel answer = smooth(form, gradient, scratch);
    double lambda = NEARLY_UNDAMPED * answer.scale();
    Buffer x = place.objective().x();
    return model.minimise(answer, lambda, precision(), x, p(form)) ? length(form) : Double.NaN;
  }

  @Override
  public void close() {
    owned.close();
  }
}
