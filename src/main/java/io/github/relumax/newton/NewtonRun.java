package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.sketch.MethodSampler;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One solve. Each iteration
 *
 * <ol>
 *   <li>builds the curvature H at x;
 *   <li>minimises the damped model for a direction p;
 *   <li>tries x + t p for a ladder of lengths t in one pass and takes the lowest loss, or raises
 *       the damping and tries again;
 *   <li>compares the decrease with the one predicted, which sets the damping of the next iteration.
 * </ol>
 *
 * <p>Where steps creep because they switch units, the solve tries an {@link Excursion} and then
 * knows about kinks ({@link KinkStep}).
 *
 * <p>Every test is relative: multiplying the loss by a constant changes no decision.
 */
final class NewtonRun implements AutoCloseable {
  private static final double[] LADDER = {1, 0.5, 0.25};

  static final double[] FULL_STEP = {1};

  /**
   * Lengths tried where the gradient judges: Gauss-Newton steps may be too long by more than half
   * where the residual adds curvature.
   */
  private static final double[] POLISHING = {1, 0.5};

  /** Points that are tried at once, at most. */
  static final int MOST_TRIALS = LADDER.length;

  /**
   * Rows that are multiplied at once, at most: trial points, or what leverage scores project on.
   */
  static final int MOST_ROWS = Math.max(MOST_TRIALS, MethodSampler.TRIALS);

  /**
   * A predicted decrease below this many times the rounding of the loss cannot be seen in the loss.
   */
  private static final double BLIND = 10;

  /** At rounding, a Newton step longer than this times ‖x‖ means a plateau, not a minimiser. */
  private static final double PLATEAU_STEP = 1e-2;

  /**
   * After a full step with a gain ratio this near to 1 the next full step is tried alone: other
   * lengths are unlikely to do better.
   */
  private static final double MODEL_TRUSTED = 0.5;

  /** Root mean square of the relative rounding error of a number, in units of the unit roundoff. */
  private static final double TYPICAL_ROUNDING = 0.42;

  private static final long STORAGE_SEED = 1;

  private final Problem problem;
  private final NewtonOptions options;
  private final BooleanSupplier interrupted;
  private final Owned owned;
  private final Damping damping = new Damping();
  private final Creeping creeping = new Creeping();
  private final FormChoice choice;
  private final PhaseClock clock;
  private final Place place;
  private final SoftmaxReluObjective objective;
  private final Directions directions;
  private final Excursion excursion;
  private final Descents descents;
  private final Progress progress;

  /** The coarse problem; null where the solve begins with the whole one. */
  private final CoarseStart coarse;

  private boolean fullStepExpected;
  private int mostIterations;

  /** Whether there are to be no further descents. */
  private boolean once;

  /** Where steps know about kinks and loss remains; elsewhere it is that of the options. */
  private double toleranceAtKinks;

  NewtonRun(
      Backend backend,
      Problem problem,
      NewtonOptions options,
      CurvaturePath path,
      StepMethod method,
      Optional<CoarseSize> coarse,
      IterationListener listener,
      BooleanSupplier interrupted) {
    this.problem = problem;
    this.options = options;
    this.interrupted = interrupted;
    toleranceAtKinks = options.tolerance();
    choice = new FormChoice(options.curvature());
    clock = new PhaseClock(listener);
    this.coarse =
        coarse
            .map(size -> new CoarseStart(backend, problem, options, size, interrupted))
            .orElse(null);
    BooleanSupplier stopped = () -> stopRequested() != null;
    owned = new Owned(backend);
    try {
      place = owned.add(new Place(backend, problem, options, path, method, clock), Place::close);
      objective = place.objective();
      directions =
          owned.add(
              new Directions(
                  backend, problem, place, options.curvature(), damping, choice, clock, stopped),
              Directions::close);
      excursion =
          owned.add(new Excursion(backend, place, directions, clock, stopped), Excursion::close);
      descents = owned.add(new Descents(backend, objective, options.minima()), Descents::close);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    BackendDescription device = backend.description();
    progress = new Progress(place, damping, path, method, device, listener, clock);
  }

  /** Bytes of what a run allocates beside its objective. */
  static long ownBytes(double n, double d, StepMethod method) {
    // In float64, where nothing can overflow; the conversion stops at the largest long.
    double factors = method == StepMethod.SKETCH_CG ? 2 : 1;
    return (long) (8 * (factors * d * d + 11 * d) + KinkModel.bytes(n, d));
  }

  /** Where kinks hold it and loss remains, the solve ends at this tolerance, relative to ‖x‖. */
  void toleranceAtKinks(double tolerance) {
    toleranceAtKinks = tolerance;
  }

  /** A solve begins with this damping in place of the usual one. */
  void beginWithDamping(double mu) {
    damping.startWith(mu);
  }

  /** Whether another descent is wanted after one that has ended so. */
  boolean leavesMore(Status end) {
    return descents.wanted(end, place.knowsKinks());
  }

  /** Rounding of the loss where the solve stands. */
  double lossRounding() {
    return objective.evaluation().lossRounding();
  }

  /** Whether no loss is left where the solve stands. */
  boolean lossIsRounding() {
    return objective.lossIsRounding();
  }

  /** Whether steps have come to know about kinks. */
  boolean knowsKinks() {
    return place.knowsKinks();
  }

  Solution solve(double[] x0) {
    double[] inside = problem.intoBall(x0);
    return solve(() -> coarse == null ? objective.startAt(inside) : objective.lookAt(inside));
  }

  /** The same without further descents. */
  Solution solveOnce(double[] x0) {
    once = true;
    return solve(x0);
  }

  /** Solves from where an objective with the same A1 and A2 stands, a point in the ball. */
  Solution solve(SoftmaxReluObjective start) {
    return solve(() -> objective.startWhere(start));
  }

  private Solution solve(Supplier<Evaluation> start) {
    try {
      return solveFrom(start);
    } catch (RuntimeException | Error e) {
      progress.failed(failure(e));
      throw e;
    }
  }

  /** What became of a solve that this was thrown in; one that was made to end did not fail. */
  static Status failure(Throwable e) {
    return e instanceof CancellationException ? Status.INTERRUPTED : Status.FAILED;
  }

  private Solution solveFrom(Supplier<Evaluation> start) {
    clock.time(Phase.EVALUATE, start);
    progress.start();
    descents.begin();
    mostIterations = options.maxIterations();
    Status end = coarse == null ? null : descendCoarsely();
    if (end == null) {
      end = descend();
    }
    // A lower minimum was looked for in the coarse problem, where it is cheaper.
    return !once && !progress.coarseTaken() && descents.wanted(end, place.knowsKinks())
        ? descendAgain(end, descents.fork())
        : solution(end, Optional.empty());
  }

  /**
   * From x0, where the objective has only looked, to where the coarse problem's solve ends, or part
   * of the way, if the loss is lower there.
   *
   * @return null where the solve goes on, with gradient and C
   */
  private Status descendCoarsely() {
    // What float32 storage does to x takes the curvature, so that the solve goes on to it.
    boolean mayEnd = storageRounding() == 0;
    if (mayEnd && endsWithoutLoss()) {
      return Status.LOSS_AT_ROUNDING;
    }
    double[] x0 = objective.read(Quantity.X);
    double loss = objective.evaluation().loss();
    double began = clock.seconds();
    Optional<CoarseDescents.End> found = clock.time(Phase.COARSE, () -> solveCoarse(x0));
    double seconds = clock.seconds() - began;
    if (found.isEmpty()) {
      place.jump(x0);
      return null;
    }
    CoarseDescents.End end = found.get();
    boolean ends = mayEnd && end.lossless() && endsAt(end.x(), x0);
    double length = ends ? 1 : jumpBelow(loss, x0, end.x());
    progress.coarseSolved(coarse.told(end, seconds, length));
    if (length > 0) {
      if (end.atKinks() && !ends) {
        place.learnKinks();
      }
      damping.restartAfterCoarse();
      progress.step(place.distance(x0), length, Double.NaN, null, 0);
    }
    return ends ? Status.LOSS_AT_ROUNDING : null;
  }

  /** Goes on from x0 to {@code end} if no loss is left there, without C. */
  private boolean endsAt(double[] end, double[] x0) {
    place.look(end);
    boolean ends = endsWithoutLoss();
    if (!ends) {
      lookBack(x0);
    }
    return ends;
  }

  /** Whether no loss is left where the objective has only looked; then the gradient is there. */
  private boolean endsWithoutLoss() {
    boolean ends = objective.lossIsRounding();
    if (ends) {
      clock.time(Phase.EVALUATE, objective::refineGradient);
    }
    return ends;
  }

  /**
   * Goes on the way from x0 to {@code end} as far as the loss is below the one given, and as the
   * ladder has it.
   *
   * @return what part of the way that is; 0 where it stays at x0
   */
  private double jumpBelow(double loss, double[] x0, double[] end) {
    for (double t : LADDER) {
      double[] x = new double[x0.length];
      Arrays.setAll(x, j -> (1 - t) * x0[j] + t * end[j]);
      place.jump(x);
      if (objective.evaluation().loss() < loss) {
        return t;
      }
      lookBack(x0);
    }
    place.jump(x0);
    return 0;
  }

  /** Back to x0, which units that flip are counted from. */
  private void lookBack(double[] x0) {
    clock.time(Phase.EVALUATE, () -> objective.lookAt(x0));
  }

  /** Empty where the solve ends at x0 whatever comes, or no rows can stand for all. */
  private Optional<CoarseDescents.End> solveCoarse(double[] x0) {
    Evaluation at = objective.evaluation();
    boolean ends = !Double.isFinite(at.loss()) || at.activeUnits() == 0;
    if (ends || progress.iterations() >= mostIterations || stopRequested() != null) {
      return Optional.empty();
    }
    Optional<CoarseStart.Chosen> chosen = coarse.choose(objective.read(Quantity.SOFTMAX));
    double left = Math.max(Double.MIN_VALUE, options.timeLimit() - clock.seconds());
    return chosen.flatMap(rows -> coarse.solve(rows, x0, left));
  }

  private Status descend() {
    Status end = null;
    while (end == null) {
      if (descents.pass() && place.knowsKinks()) {
        damping.raiseToStart();
      }
      end = limitReached();
      if (end == null) {
        end = iterate();
      }
    }
    // Where no loss is left, nothing is wrong with a point that no step leads on from.
    boolean stuck =
        end == Status.FLAT || end == Status.STALLED_AT_KINK || end == Status.NO_ACTIVE_UNIT;
    return stuck && objective.lossIsRounding() ? Status.LOSS_AT_ROUNDING : end;
  }

  /**
   * Descends again from the fork with other dampings and goes to the lowest end. Where the first
   * descent has converged, others count only where they do.
   */
  private Solution descendAgain(Status first, Buffer fork) {
    double began = clock.seconds();
    double firstLoss = objective.evaluation().loss();
    int steps = progress.iterations();
    int most = Math.min(options.maxIterations(), Descents.LONGER * steps);
    Status end = first;
    int count = 0;
    int lower = 0;
    for (double mu : Descents.DAMPINGS) {
      if (stopRequested() != null) {
        break;
      }
      count++;
      descents.keep();
      double lowest = objective.evaluation().loss();
      beginAt(fork, mu);
      mostIterations = progress.iterations() + most;
      progress.pause();
      Status status = descend();
      progress.resume();
      boolean counts = status.converged() || !end.converged();
      Evaluation at = objective.evaluation();
      if (counts && at.loss() < lowest - at.lossRounding()) {
        lower++;
        end = status;
        CurvatureForm form = options.curvature().forms().getFirst();
        progress.steps(0, place.distance(descents.lowest()), form);
      } else {
        place.returnTo(descents.lowest());
      }
    }
    double seconds = clock.seconds() - began;
    return solution(
        end,
        Optional.of(
            new FurtherDescents(count, lower, progress.iterations() - steps, seconds, firstLoss)));
  }

  /** Goes to a point to descend from, with nothing carried over but what the solve knows. */
  private void beginAt(Buffer from, double mu) {
    place.returnTo(from);
    place.forgetLastStep();
    damping.restart(mu);
    choice.restart();
    creeping.restart();
    fullStepExpected = false;
  }

  /** What ends a solve whatever the next step would be; null to go on. */
  private Status limitReached() {
    Evaluation at = objective.evaluation();
    if (!at.isFinite()) {
      return Status.NON_FINITE;
    }
    if (at.activeUnits() == 0) {
      return progress.iterations() > 0 && place.isLowestKink()
          ? Status.STEP_SMALL
          : Status.NO_ACTIVE_UNIT;
    }
    // Where ‖x‖² overflows, or underflows to 0, every step looks short. Only steps that lead to
    // x = 0 may do the latter.
    double size = place.norm(objective.x());
    if (size == Double.POSITIVE_INFINITY || (size == 0 && progress.iterations() == 0)) {
      return Status.NON_FINITE;
    }
    if (progress.iterations() >= mostIterations) {
      return Status.ITERATION_LIMIT;
    }
    return stopRequested();
  }

  private Status stopRequested() {
    if (interrupted.getAsBoolean()) {
      return Status.INTERRUPTED;
    }
    return clock.seconds() >= options.timeLimit() ? Status.TIME_LIMIT : null;
  }

  /** One accepted step, or the reason why there is none. */
  private Status iterate() {
    if (creeping.isSeen()) {
      if (goOnAnExcursion()) {
        creeping.restart();
        return null;
      }
      // Where steps only had to be shortened it was tried too soon.
      if (creeping.disappoints()) {
        place.learnKinks();
      }
      creeping.tried();
    }
    for (int rejected = 0; ; rejected++) {
      Optional<CurvatureForm> computed = directions.compute();
      if (computed.isEmpty()) {
        return noDirection(choice.form());
      }
      CurvatureForm form = computed.get();
      if (isShort()) {
        Status converged = tryToFinish(form, rejected);
        if (converged != null) {
          return unlessAtKink(converged);
        }
      }
      if (directions.predictedDecrease(1) <= BLIND * objective.evaluation().lossRounding()) {
        return unlessAtKink(polish(form, rejected));
      }
      if (stepTaken(form, rejected)) {
        return null;
      }
      choice.restart();
      damping.raise();
      if (damping.isExhausted()) {
        return unlessAtKink(stalled());
      }
      Status stop = stopRequested();
      if (stop != null) {
        return stop;
      }
    }
  }

  /**
   * An end that steps without kinks have come to stands only where there are none; elsewhere the
   * solve goes on with steps that know them.
   *
   * @param end null where the solve goes on anyway
   */
  private Status unlessAtKink(Status end) {
    if (end == null
        || place.knowsKinks()
        || !(end == Status.STALLED_AT_KINK || place.kinks().count() > 0)) {
      return end;
    }
    place.learnKinks();
    damping.restart();
    return null;
  }

  /** Why no damping made the model positive definite. */
  private Status noDirection(CurvatureForm form) {
    Status stop = stopRequested();
    if (stop != null) {
      return stop;
    }
    // However large its multiple, the scale of an H that has underflowed cannot damp it.
    double scale = place.curvature().at(form).scale();
    return Double.isFinite(scale) ? Status.FLAT : Status.NON_FINITE;
  }

  // Steps

  /** Tries the ladder and moves to the lowest loss if it is below the present one. */
  private boolean stepTaken(CurvatureForm form, int rejected) {
    Buffer p = directions.p();
    Optional<Trial> lowest = lowest(p, fullStepExpected ? FULL_STEP : LADDER);
    if (lowest.isEmpty() && fullStepExpected) {
      lowest = lowest(p, LADDER);
    }
    if (lowest.isEmpty()) {
      return false;
    }
    Trial best = lowest.get();
    double loss = objective.evaluation().loss();
    double t = best.length();
    double gainRatio = (loss - best.loss()) / directions.predictedDecrease(t);
    place.accept(best.number(), form);
    if (!objective.evaluation().isFinite()) {
      place.takeBack();
      return false;
    }
    progress.step(t * directions.length(), t, gainRatio, form, rejected);
    if (place.knowsKinks()) {
      damping.acceptedAtKinks(gainRatio);
      creeping.restart();
    } else {
      damping.accepted(gainRatio);
      double promised = directions.predictedDecrease(1);
      creeping.accepted(loss, objective.evaluation(), promised, gainRatio);
    }
    fullStepExpected = t == 1 && Math.abs(gainRatio - 1) <= MODEL_TRUSTED;
    choice.accepted(form, gainRatio);
    return true;
  }

  /**
   * A trial point: its number among those tried together, how far along it lies, the loss there.
   */
  private record Trial(int number, double length, double loss) {}

  /** The trial point with the lowest loss, if one is below the present one. */
  private Optional<Trial> lowest(Buffer p, double[] lengths) {
    double[] losses = clock.time(Phase.TRIAL, () -> objective.tryPoints(p, lengths));
    double lowest = objective.evaluation().loss();
    Optional<Trial> best = Optional.empty();
    for (int k = 0; k < losses.length; k++) {
      if (losses[k] < lowest) {
        lowest = losses[k];
        best = Optional.of(new Trial(k, lengths[k], lowest));
      }
    }
    return best;
  }

  private boolean goOnAnExcursion() {
    CurvatureForm form = options.curvature().forms().getFirst();
    int steps = excursion.tryFrom(form, mostIterations - progress.iterations());
    if (steps > 0) {
      progress.steps(steps, excursion.distance(), form);
      damping.trusted();
    }
    return steps > 0;
  }

  // Ends

  /**
   * The step is short, but perhaps only because of its damping: decides by the nearly undamped one.
   *
   * @return null where the solve goes on
   */
  private Status tryToFinish(CurvatureForm form, int rejected) {
    if (!nearlyUndamped(form) || !isShort()) {
      return directions.minimise(form) ? null : Status.FLAT;
    }
    double[] losses = clock.time(Phase.TRIAL, () -> objective.tryPoints(directions.p(), FULL_STEP));
    double loss = objective.evaluation().loss();
    if (losses[0] < loss) {
      double gainRatio = (loss - losses[0]) / directions.predictedDecrease(1);
      place.accept(0, form);
      progress.step(directions.length(), 1, gainRatio, form, rejected);
    }
    return Status.STEP_SMALL;
  }

  /** Whether the step is so short that x has converged. */
  private boolean isShort() {
    return directions.length() <= tolerance() * place.norm(objective.x());
  }

  private double tolerance() {
    boolean kinksHold = place.knowsKinks() && descents.lossRemains();
    return kinksHold ? toleranceAtKinks : options.tolerance();
  }

  private boolean nearlyUndamped(CurvatureForm form) {
    // From now on the systems that are asked for are these.
    clock.time(Phase.CURVATURE, () -> place.curvature().deciding(form));
    return directions.nearlyUndamped(form);
  }

  /**
   * The predicted decrease has sunk into the rounding of the loss, so the loss can no longer judge
   * a step. The gradient can: a nearly undamped step, or half of it, is kept while it lowers the
   * gradient and the loss does not rise by more than its rounding. Gradients that are rounding soon
   * fail to fall; those that fall slowly, as Gauss-Newton steps make them where the residual is
   * large, are none.
   */
  private Status polish(CurvatureForm form, int rejected) {
    clock.time(Phase.EVALUATE, objective::refineGradient);
    boolean definite = nearlyUndamped(form);
    if (!definite && !directions.minimise(form)) {
      return Status.FLAT;
    }
    if (definite && isShort()) {
      return tryToFinish(form, rejected);
    }
    double step = directions.length();
    double size = place.norm(objective.x());
    double gradient = place.stationarity();
    double highest = objective.evaluation().loss() + BLIND * objective.evaluation().lossRounding();
    boolean flips = false;
    for (double t : POLISHING) {
      double[] length = {t};
      clock.time(Phase.TRIAL, () -> objective.tryPoints(directions.p(), length));
      place.accept(0, form);
      Evaluation at = objective.evaluation();
      if (at.isFinite()
          && at.loss() <= highest
          && at.activeUnits() > 0
          && place.stationarity() < gradient) {
        progress.step(t * step, t, Double.NaN, form, rejected);
        return null;
      }
      flips |= at.flips() > 0;
      place.takeBack();
    }
    boolean near = definite && step <= PLATEAU_STEP * size;
    // A long step switches units wherever it leads, which tells only steps without kinks something.
    if (flips && (near || !place.knowsKinks())) {
      return Status.STALLED_AT_KINK;
    }
    return near ? Status.GRADIENT_AT_ROUNDING : Status.FLAT;
  }

  /** No damping helped: at a kink if even the shortest step tried last switches units. */
  private Status stalled() {
    return objective.flipsAt(LADDER.length - 1) > 0 ? Status.STALLED_AT_KINK : Status.FLAT;
  }

  private Solution solution(Status status, Optional<FurtherDescents> further) {
    place.leaveSides();
    double rounding = storageRounding();
    double error = rounding > 0 && status.converged() ? storageError(rounding) : 0;
    return progress.solution(status, further, error);
  }

  private double storageRounding() {
    return Math.hypot(storageRounding(problem.a1()), storageRounding(problem.a2()));
  }

  private static double storageRounding(Matrix matrix) {
    return matrix.type() == ElementType.FLOAT32 ? matrix.type().unitRoundoff() : 0;
  }

  /** Draws logits as storage rounding moves them, and takes the Newton step that answers. */
  private double storageError(double rounding) {
    double relative = TYPICAL_ROUNDING * rounding;
    double step = directions.answer(out -> objective.perturbLogits(relative, STORAGE_SEED, out));
    return step / place.norm(objective.x());
  }

  @Override
  public void close() {
    owned.close();
  }
}
