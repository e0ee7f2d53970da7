package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.model.Problem;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The steps p from a place: the minimisers of damped models. */
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
  private final DampedModel model;
  private final Buffer p;
  private final Buffer otherGradient;
  private final Buffer scratch;

  /** What the model of p promises. */
  private Forecast forecast;

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
      p = owned.allocate(1, d);
      otherGradient = owned.allocate(1, d);
      scratch = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The last step. */
  Buffer p() {
    return p;
  }

  /** ‖p‖. */
  double length() {
    return place.norm(p);
  }

  /** What the undamped model promises for x + t p. */
  double predictedDecrease(double t) {
    return forecast.decrease(t);
  }

  /**
   * Minimises the damped model of the form that is chosen, with more damping where it has no
   * minimiser; an exact Hessian that has none gives way to the Gauss-Newton matrix where it may.
   *
   * @return the form that it came to; empty where no damping, or no time, was left
   */
  Optional<CurvatureForm> compute() {
    if (computeOnSides(choice.form())) {
      return Optional.of(choice.form());
    }
    if (choice.form() == CurvatureForm.EXACT && curvature.choosesForm()) {
      choice.restart();
      return compute();
    }
    while (!damping.isExhausted() && !stopped.getAsBoolean()) {
      damping.raise();
      if (computeOnSides(choice.form())) {
        return Optional.of(choice.form());
      }
    }
    return Optional.empty();
  }

  /**
   * Minimises the damped model of a form. Where the step leaves kinks by the other side than was
   * assumed, the model there is another one.
   */
  private boolean computeOnSides(CurvatureForm form) {
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
    Buffer x = place.objective().x();
    return clock.time(
        Phase.STEP,
        () -> {
          boolean found = model.minimise(step, mu * step.scale(), precision(), x, p);
          if (found) {
            forecast = step.forecast(p, model.curvatureAlong());
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
   * ‖p‖ of the nearly undamped Gauss-Newton step with another gradient; NaN where there is none.
   *
   * @param gradient writes it
   */
  double answer(Consumer<Buffer> gradient) {
    gradient.accept(otherGradient);
    StepModel answer = smooth(CurvatureForm.GAUSS_NEWTON, otherGradient, scratch);
    double lambda = NEARLY_UNDAMPED * answer.scale();
    Buffer x = place.objective().x();
    return model.minimise(answer, lambda, precision(), x, p) ? length() : Double.NaN;
  }

  @Override
  public void close() {
    owned.close();
  }
}
