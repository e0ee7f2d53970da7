package io.github.relumax.newton;

import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.Optional;

/** How far a solve has come: the steps, as they are reported, and the solution. */
final class Progress {
  private final Place place;
  private final Damping damping;
  private final CurvaturePath path;
  private final StepMethod method;
  private final BackendDescription backend;
  private final IterationListener listener;
  private final PhaseClock clock;
  private int iterations;

  /** Whether steps are reported. Of a further descent only the end is, if it is lower. */
  private boolean reporting = true;

  /** What was reported last; null before the start is. */
  private Reported reported;

  /** What became of the coarse problem. */
  private Optional<CoarseSolve> coarse = Optional.empty();

  private record Reported(Iteration iteration, double[] x) {}

  /**
   * Nothing has happened yet.
   *
   * @param backend what the solve runs on
   */
  Progress(
      Place place,
      Damping damping,
      CurvaturePath path,
      StepMethod method,
      BackendDescription backend,
      IterationListener listener,
      PhaseClock clock) {
    this.place = place;
    this.damping = damping;
    this.path = path;
    this.method = method;
    this.backend = backend;
    this.listener = listener;
    this.clock = clock;
  }

  /** Steps so far. */
  int iterations() {
    return iterations;
  }

  void pause() {
    reporting = false;
  }

  void resume() {
    reporting = true;
  }

  void coarseSolved(CoarseSolve end) {
    coarse = Optional.of(end);
  }

  /** Whether the solve stands where the coarse problem's solve led it. */
  boolean coarseTaken() {
    return coarse.filter(CoarseSolve::taken).isPresent();
  }

  /** The start. */
  void start() {
    report(0, 0, Double.NaN, null, 0);
  }

  /** One step more, of length t p. */
  void step(double stepNorm, double t, double gainRatio, CurvatureForm form, int rejected) {
    iterations++;
    report(stepNorm, t, gainRatio, form, rejected);
  }

  /** So many steps more, perhaps none, that are judged together. */
  void steps(int count, double stepNorm, CurvatureForm form) {
    iterations += count;
    report(stepNorm, 1, Double.NaN, form, 0);
  }

  private void report(
      double stepNorm, double t, double gainRatio, CurvatureForm form, int rejected) {
    if (!reporting) {
      return;
    }
    Evaluation at = place.evaluation();
    Iteration iteration =
        new Iteration(
            iterations,
            at.loss(),
            at.dataLoss(),
            at.regularization(),
            place.stationarity(),
            stepNorm,
            t,
            gainRatio,
            damping.value(),
            form,
            at.activeUnits(),
            at.flips(),
            place.knowsKinks() ? place.kinks().count() : 0,
            rejected,
            place.approximation(),
            clock.seconds());
    reported = new Reported(iteration, x());
    listener.onIteration(iteration);
    listener.onPoint(this::x);
  }

  private double[] x() {
    return place.objective().read(Quantity.X);
  }

  /** Tells the listener what was reported last, without the backend, which may be what failed. */
  void failed(Status status) {
    if (reported == null) {
      return;
    }
    Iteration at = reported.iteration;
    listener.onFailure(
        new Solution(
            reported.x,
            status,
            at.number(),
            at.loss(),
            at.dataLoss(),
            at.regularization(),
            at.gradientNorm(),
            at.activeUnits(),
            0,
            path,
            method,
            backend,
            Optional.empty(),
            coarse,
            clock.seconds(),
            clock.phases()));
  }

  /** The solution where the solve stands. */
  Solution solution(Status status, Optional<FurtherDescents> further, double storageError) {
    Evaluation at = place.evaluation();
    return new Solution(
        x(),
        status,
        iterations,
        at.loss(),
        at.dataLoss(),
        at.regularization(),
        place.stationarity(),
        at.activeUnits(),
        storageError,
        path,
        method,
        backend,
        further,
        coarse,
        clock.seconds(),
        clock.phases());
  }
}
