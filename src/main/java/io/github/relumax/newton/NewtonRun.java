package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.sketch.MethodSampler;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One solve. Each iteration
 *
 * <ol>
 *   <li>builds the curvature H at x, of one form or of both;
 *   <li>minimises the damped model for a direction p;
 *   <li>tries x + t p for a ladder of lengths t in one pass and takes the lowest loss, or raises
 *       the damping and tries again;
 *   <li>compares the decrease with the one predicted, which sets the damping of the next iteration.
 * </ol>
 *
 * <p>Where steps creep because they switch units, the solve tries an {@link #excursion} and then
 * knows about kinks ({@link KinkStep}).
 *
 * <p>Every test is relative: multiplying the loss by a constant changes no decision.
 */
final class NewtonRun implements AutoCloseable {
  private static final double[] LADDER = {1, 0.5, 0.25};

  private static final double[] FULL_STEP = {1};

  /**
   * Lengths tried where the gradient judges: Gauss-Newton steps may be too long by more than half
   * where the residual adds curvature.
   */
  private static final double[] POLISHING = {1, 0.5};

  /** Points that are tried at once, at most. */
  static final int MOST_TRIALS = CurvatureForm.values().length * LADDER.length;

  /**
   * Rows that are multiplied at once, at most: trial points, or what leverage scores project on.
   */
  static final int MOST_ROWS = Math.max(MOST_TRIALS, MethodSampler.TRIALS);

  /**
   * Damping of the step that decides convergence: below what it changes in any direction that
   * matters.
   */
  private static final double NEARLY_UNDAMPED = 1e-10;

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

  /** Slopes at kinks that add up to this part of their sizes are in balance. */
  private static final double KINK_BALANCE = 1e-12;

  /** Steps of an excursion. */
  private static final int MOST_STEPS_OUT = 6;

  /** Each step of an excursion is shorter than this part of the one before... */
  private static final double CONTRACTION = 0.5;

  /** ...and the first than so many times x: longer ones lead anywhere. */
  private static final double LONGEST_STEP_OUT = 1;

  /**
   * Residual of a step's linear system at most, relative to the gradient. With ten times as much
   * steps lead past other kinks than those of exact systems, and solves take more of them, which is
   * dearer than a product more in each.
   */
  private static final double MOST_RESIDUAL = 1e-3;

  /** Residual at least: steps that have to be better are followed by another one. */
  private static final double LEAST_RESIDUAL = 1e-6;

  private static final long STORAGE_SEED = 1;

  private final Backend backend;
  private final Problem problem;
  private final NewtonOptions options;
  private final CurvaturePath path;
  private final StepMethod method;
  private final IterationListener listener;
  private final BooleanSupplier interrupted;
  private final List<Runnable> owned = new ArrayList<>();
  private final SoftmaxReluObjective objective;
  private final CurvatureModel curvature;
  private final KinkModel kinks;

  /** Whether steps know about kinks. */
  private boolean knowsKinks;

  private final DampedModel model;
  private final Descents descents;
  private final Map<CurvatureForm, Direction> directions = new EnumMap<>(CurvatureForm.class);
  private final Buffer product;
  private final Buffer before;
  private final Buffer setOut;
  private final Buffer near;

  /** The coarse problem; null where the solve begins with the whole one. */
  private final CoarseStart coarse;

  /** What became of it. */
  private Optional<CoarseSolve> coarseSolve = Optional.empty();

  private final Damping damping = new Damping();
  private final FormChoice choice;
  private final Creeping creeping = new Creeping();
  private final PhaseClock clock;

  /** How near to H what the last step was computed from is. */
  private Approximation approximation = Approximation.NONE;

  private double lastGradient = Double.NaN;
  private int iterations;
  private boolean fullStepExpected;

  /** The largest ‖x‖ so far. */
  private double longest;

  private int mostIterations;

  /** Where steps know about kinks and loss remains; elsewhere it is that of the options. */
  private double toleranceAtKinks;

  /** Whether steps are reported. Of a further descent only the end is, if it is lower. */
  private boolean reporting = true;

  /** What was reported last; null before the start is. */
  private Reported reported;

  private record Reported(Iteration iteration, double[] x) {}

  NewtonRun(
      Backend backend,
      Problem problem,
      NewtonOptions options,
      CurvaturePath path,
      StepMethod method,
      Optional<CoarseSize> coarse,
      IterationListener listener,
      BooleanSupplier interrupted) {
    this.backend = backend;
    this.problem = problem;
    this.options = options;
    this.path = path;
    this.method = method;
    this.listener = listener;
    clock = new PhaseClock(listener);
    this.interrupted = interrupted;
    toleranceAtKinks = options.tolerance();
    this.coarse =
        coarse
            .map(size -> new CoarseStart(backend, problem, options, size, interrupted))
            .orElse(null);
    choice = new FormChoice(options.curvature());
    int d = problem.d();
    try {
      objective = new SoftmaxReluObjective(backend, problem, MOST_ROWS, path);
      owned.add(objective::close);
      curvature = curvature(method);
      owned.add(curvature::close);
      kinks = new KinkModel(backend, objective, problem.n());
      owned.add(kinks::close);
      model = new DampedModel(backend, d, problem.radius());
      owned.add(model::close);
      descents = new Descents(backend, objective, options.minima());
      owned.add(descents::close);
      for (CurvatureForm form : CurvatureForm.values()) {
        directions.put(form, new Direction(vector(d)));
      }
      product = vector(d);
      before = vector(d);
      setOut = vector(d);
      near = vector(d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private CurvatureModel curvature(StepMethod how) {
    List<CurvatureForm> forms = options.curvature().forms();
    Sampling sampling = options.sampling();
    return switch (how) {
      case FULL -> new FullModel(backend, objective, forms);
      case DIAGONAL -> new DiagonalModel(backend, objective);
      case SAMPLED -> new SampledModel(backend, objective, problem.m(), forms, sampling);
      case SKETCH_CG -> new SketchCgModel(backend, objective, problem.m(), sampling);
    };
  }

  private Buffer vector(int length) {
    Buffer buffer = backend.allocate(1, length);
    owned.add(buffer::close);
    return buffer;
  }

  /** Bytes of what a run allocates beside its objective. */
  static long ownBytes(double n, double d, StepMethod method) {
    // In float64, where nothing can overflow; the conversion stops at the largest long.
    double factors = method == StepMethod.SKETCH_CG ? 2 : 1;
    return (long) (8 * (factors * d * d + 10 * d) + KinkModel.bytes(n, d));
  }

  /** Where kinks hold it and loss remains, the solve ends at this tolerance, relative to ‖x‖. */
  void toleranceAtKinks(double tolerance) {
    toleranceAtKinks = tolerance;
  }

  /** Whether steps have come to know about kinks. */
  boolean knowsKinks() {
    return knowsKinks;
  }

  /** A step p of one form, and what its model promises. */
  private static final class Direction {
    final Buffer p;
    Forecast forecast;

    Direction(Buffer p) {
      this.p = p;
    }
  }

  Solution solve(double[] x0) {
    double[] inside = problem.intoBall(x0);
    return solve(() -> coarse == null ? objective.startAt(inside) : objective.lookAt(inside));
  }

  /** Solves from where an objective with the same A1 and A2 stands, a point in the ball. */
  Solution solve(SoftmaxReluObjective start) {
    return solve(() -> objective.startWhere(start));
  }

  private Solution solve(Supplier<Evaluation> start) {
    try {
      return solveFrom(start);
    } catch (RuntimeException | Error e) {
      if (reported != null) {
        listener.onFailure(failed(failure(e)));
      }
      throw e;
    }
  }

  /** What became of a solve that this was thrown in; one that was made to end did not fail. */
  static Status failure(Throwable e) {
    return e instanceof CancellationException ? Status.INTERRUPTED : Status.FAILED;
  }

  private Solution solveFrom(Supplier<Evaluation> start) {
    clock.time(Phase.EVALUATE, start);
    report(0, 0, Double.NaN, null, 0);
    descents.begin();
    mostIterations = options.maxIterations();
    if (coarse != null) {
      descendCoarsely();
    }
    Status end = descend();
    // A lower minimum was looked for in the coarse problem, where it is cheaper.
    boolean isChosen = coarseSolve.filter(CoarseSolve::taken).isPresent();
    return !isChosen && descents.wanted(end, knowsKinks)
        ? descendAgain(end, descents.fork())
        : solution(end, Optional.empty());
  }

  /**
   * From x0, where the objective has only looked, to where the coarse problem's solve ends, if the
   * loss is lower there. In either case gradient and C are there afterwards.
   */
  private void descendCoarsely() {
    double[] x0 = objective.read(Quantity.X);
    double loss = objective.evaluation().loss();
    double began = clock.seconds();
    Optional<CoarseStart.End> found = clock.time(Phase.COARSE, () -> solveCoarse(x0));
    double seconds = clock.seconds() - began;
    jump(found.map(end -> end.solution().x()).orElse(x0));
    if (found.isEmpty()) {
      return;
    }
    CoarseStart.End end = found.get();
    boolean taken = objective.evaluation().loss() < loss;
    coarseSolve = Optional.of(end.told(seconds, taken));
    if (taken) {
      knowsKinks = end.atKinks();
      damping.restartAfterCoarse();
      iterations++;
      backend.write(x0, before);
      backend.combine(1, objective.x(), -1, before, product);
      report(norm(product), 1, Double.NaN, null, 0);
    } else {
      jump(x0);
    }
  }

  /** Empty where the solve ends at x0 whatever comes, or no rows can stand for all. */
  private Optional<CoarseStart.End> solveCoarse(double[] x0) {
    Evaluation at = objective.evaluation();
    boolean ends = !Double.isFinite(at.loss()) || at.activeUnits() == 0;
    if (ends || iterations >= mostIterations || stopRequested() != null) {
      return Optional.empty();
    }
    double left = Math.max(Double.MIN_VALUE, options.timeLimit() - clock.seconds());
    return coarse.solve(objective.read(Quantity.SOFTMAX), x0, left);
  }

  private void jump(double[] to) {
    clock.time(Phase.EVALUATE, () -> objective.jumpTo(to));
    curvature.moved();
    kinks.moved();
  }

  private Status descend() {
    Status end = null;
    while (end == null) {
      descents.pass();
      end = limitReached();
      if (end == null) {
        end = iterate();
      }
    }
    return end;
  }

  /**
   * Descends again from the fork with other dampings and goes to the lowest end. Where the first
   * descent has converged, others count only where they do.
   */
  private Solution descendAgain(Status first, Buffer fork) {
    double began = clock.seconds();
    double firstLoss = objective.evaluation().loss();
    int steps = iterations;
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
      mostIterations = iterations + most;
      reporting = false;
      Status status = descend();
      reporting = true;
      boolean counts = status.converged() || !end.converged();
      Evaluation at = objective.evaluation();
      if (counts && at.loss() < lowest - at.lossRounding()) {
        lower++;
        end = status;
        CurvatureForm form = options.curvature().forms().getFirst();
        backend.combine(1, objective.x(), -1, descents.lowest(), product);
        report(norm(product), 1, Double.NaN, form, 0);
      } else {
        moveBack(descents.lowest());
      }
    }
    double seconds = clock.seconds() - began;
    return solution(
        end,
        Optional.of(new FurtherDescents(count, lower, iterations - steps, seconds, firstLoss)));
  }

  /** Goes to a point to descend from, with nothing carried over but what the solve knows. */
  private void beginAt(Buffer from, double mu) {
    moveBack(from);
    damping.restart(mu);
    lastGradient = Double.NaN;
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
      return iterations > 0 && isLowestKink() ? Status.STEP_SMALL : Status.NO_ACTIVE_UNIT;
    }
    // Where ‖x‖² overflows, or underflows to 0, every step looks short. Only steps that lead to
    // x = 0 may do the latter.
    double size = norm(objective.x());
    if (size == Double.POSITIVE_INFINITY || (size == 0 && iterations == 0)) {
      return Status.NON_FINITE;
    }
    if (iterations >= mostIterations) {
      return Status.ITERATION_LIMIT;
    }
    return stopRequested();
  }

  /**
   * Whether, where no unit is active, units at their kink keep the loss from falling on their other
   * side, or the target is what is there: uniform.
   */
  private boolean isLowestKink() {
    if (kinks.count() == 0) {
      return false;
    }
    knowsKinks = true;
    return stationarity() <= KINK_BALANCE * kinks.pull() || isUniformTarget();
  }

  /** Where no unit is active f is 1/m: whether that is b, to rounding. */
  private boolean isUniformTarget() {
    double eps = Math.ulp(1.0);
    return objective.evaluation().dataLoss() <= 2 * eps * eps / problem.m();
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
      if (excursion()) {
        creeping.restart();
        return null;
      }
      // Where steps only had to be shortened it was tried too soon.
      knowsKinks |= creeping.disappoints();
      creeping.tried();
    }
    for (int rejected = 0; ; rejected++) {
      List<CurvatureForm> forms = choice.forms();
      List<CurvatureForm> usable = computeDirections(forms);
      if (usable.isEmpty()) {
        return noDirection(forms.getLast());
      }
      CurvatureForm first = usable.get(0);
      if (norm(directions.get(first).p) <= tolerance() * norm(objective.x())) {
        Status converged = tryToFinish(first, rejected);
        if (converged != null) {
          return unlessAtKink(converged);
        }
      }
      if (predictedDecrease(first, 1) <= BLIND * objective.evaluation().lossRounding()) {
        return unlessAtKink(polish(first, rejected));
      }
      if (stepTaken(usable, rejected)) {
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
    if (end == null || knowsKinks || !(end == Status.STALLED_AT_KINK || kinks.count() > 0)) {
      return end;
    }
    knowsKinks = true;
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
    double scale = curvature.at(form).scale();
    return Double.isFinite(scale) ? Status.FLAT : Status.NON_FINITE;
  }

  // Directions

  /**
   * Minimises the damped model of each form; a form whose H is indefinite is left out, unless it is
   * the only one.
   */
  private List<CurvatureForm> computeDirections(List<CurvatureForm> forms) {
    List<CurvatureForm> usable = new ArrayList<>();
    for (CurvatureForm form : forms) {
      if (computeDirection(form)) {
        usable.add(form);
      } else if (form == CurvatureForm.EXACT && options.curvature().choosesForm()) {
        choice.restart();
        if (forms.size() == 1) {
          return computeDirections(choice.forms());
        }
      } else {
        while (usable.isEmpty() && !damping.isExhausted() && stopRequested() == null) {
          damping.raise();
          if (computeDirection(form)) {
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
  private boolean computeDirection(CurvatureForm form) {
    boolean found = minimise(form, damping.value());
    if (found && knowsKinks && clock.time(Phase.CURVATURE, kinks::followStep)) {
      curvature.moved();
      found = minimise(form, damping.value());
    }
    return found;
  }

  private boolean minimise(CurvatureForm form, double mu) {
    StepModel step = clock.time(Phase.CURVATURE, () -> stepModel(form));
    Direction direction = directions.get(form);
    Buffer x = objective.x();
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
    if (!knowsKinks) {
      return new SmoothModel(
          backend, curvature.at(form), objective.x(), objective.gradient(), product);
    }
    if (kinks.takeSides()) {
      curvature.moved();
    }
    return kinks.of(form, curvature.direct(form));
  }

  /**
   * The residual that a step's linear system may have, relative to the gradient: the square of the
   * last fall of the gradient, which is what a quadratically convergent step can use (Eisenstat and
   * Walker 1996, choice 2).
   */
  private double precision() {
    double fall = objective.evaluation().gradientNorm() / lastGradient;
    return fall < 1 ? Math.clamp(fall * fall, LEAST_RESIDUAL, MOST_RESIDUAL) : MOST_RESIDUAL;
  }

  /** What the undamped model promises for x + t p. */
  private double predictedDecrease(CurvatureForm form, double t) {
    return directions.get(form).forecast.decrease(t);
  }

  // Steps

  /**
   * Tries the ladder along every direction and moves to the lowest loss if it is below the present
   * one.
   */
  private boolean stepTaken(List<CurvatureForm> forms, int rejected) {
    List<Buffer> ps = forms.stream().map(form -> directions.get(form).p).toList();
    Optional<Trial> lowest = lowest(ps, fullStepExpected ? FULL_STEP : LADDER);
    if (lowest.isEmpty() && fullStepExpected) {
      lowest = lowest(ps, LADDER);
    }
    if (lowest.isEmpty()) {
      return false;
    }
    Trial best = lowest.get();
    double loss = objective.evaluation().loss();
    CurvatureForm form = forms.get(best.direction());
    double t = best.length();
    // A second form was not asked yet what it promises, which may be rounding.
    double predicted = predictedDecrease(form, t);
    double gainRatio = predicted > 0 ? (loss - best.loss()) / predicted : Double.POSITIVE_INFINITY;
    move(best.number(), form);
    if (!objective.evaluation().isFinite()) {
      moveBack(before);
      return false;
    }
    iterations++;
    report(t * norm(directions.get(form).p), t, gainRatio, form, rejected);
    if (knowsKinks) {
      damping.acceptedAtKinks(gainRatio);
      creeping.restart();
    } else {
      damping.accepted(gainRatio);
      creeping.accepted(loss, objective.evaluation(), predictedDecrease(form, 1), gainRatio);
    }
    fullStepExpected = t == 1 && Math.abs(gainRatio - 1) <= MODEL_TRUSTED;
    choice.accepted(form, forms, gainRatio);
    return true;
  }

  /** A trial point: its number among those tried together, and how it was made. */
  private record Trial(int number, int direction, double length, double loss) {}

  /** The trial point with the lowest loss, if one is below the present one. */
  private Optional<Trial> lowest(List<Buffer> ps, double[] lengths) {
    double[] losses = clock.time(Phase.TRIAL, () -> objective.tryPoints(ps, lengths));
    double lowest = objective.evaluation().loss();
    Optional<Trial> best = Optional.empty();
    for (int k = 0; k < losses.length; k++) {
      if (losses[k] < lowest) {
        lowest = losses[k];
        best = Optional.of(new Trial(k, k / lengths.length, lengths[k % lengths.length], lowest));
      }
    }
    return best;
  }

  private void move(int trial, CurvatureForm form) {
    double loss = objective.evaluation().loss();
    longest = Math.max(longest, norm(objective.x()));
    lastGradient = objective.evaluation().gradientNorm();
    approximation = curvature.approximation(form);
    backend.copy(objective.x(), before);
    clock.time(Phase.EVALUATE, () -> objective.accept(trial));
    curvature.moved();
    kinks.moved();
    settleAtOrigin(loss);
  }

  /**
   * Goes on to x = 0 where that is lowest. All kinks meet there, and near it no step is short
   * beside x; but an x that has come within the tolerance of what it was is 0 to the tolerance.
   *
   * @param highest the loss before the step: that at x may be below the one at 0 by rounding
   */
  private void settleAtOrigin(double highest) {
    if (norm(objective.x()) <= options.tolerance() * longest) {
      backend.copy(objective.x(), near);
      backend.combine(0, near, 0, near, product);
      moveBack(product);
      if (!(objective.evaluation().loss() <= highest && isLowestKink())) {
        moveBack(near);
      }
    }
  }

  private void moveBack(Buffer to) {
    clock.time(Phase.EVALUATE, () -> objective.returnTo(to));
    curvature.moved();
    kinks.moved();
  }

  /**
   * Full steps that are nearly undamped, one after the other, whatever the loss: where units switch
   * it may rise far before it falls, while the steps already contract. Goes back where they do not,
   * or where no lower loss is reached (the watchdog of Chamberlain, Powell, Lemarechal and
   * Pedersen, 1982).
   */
  private boolean excursion() {
    CurvatureForm form = options.curvature().forms().getFirst();
    Buffer p = directions.get(form).p;
    backend.copy(objective.x(), setOut);
    double loss = objective.evaluation().loss();
    double bound = LONGEST_STEP_OUT * norm(objective.x());
    int most = Math.min(MOST_STEPS_OUT, mostIterations - iterations);
    for (int step = 1; step <= most && stopRequested() == null; step++) {
      if (!minimise(form, NEARLY_UNDAMPED) || !(norm(p) < bound)) {
        if (step == 1) {
          return false;
        }
        break;
      }
      bound = CONTRACTION * norm(p);
      clock.time(Phase.TRIAL, () -> objective.tryPoints(List.of(p), FULL_STEP));
      move(0, form);
      if (!objective.evaluation().isFinite() || objective.evaluation().activeUnits() == 0) {
        break;
      }
      if (objective.evaluation().loss() < loss) {
        iterations += step;
        backend.combine(1, objective.x(), -1, setOut, setOut);
        report(norm(setOut), 1, Double.NaN, form, 0);
        damping.trusted();
        return true;
      }
    }
    moveBack(setOut);
    return false;
  }

  // Ends

  /**
   * The step is short, but perhaps only because of its damping: decides by the nearly undamped one.
   *
   * @return null where the solve goes on
   */
  private Status tryToFinish(CurvatureForm form, int rejected) {
    if (!nearlyUndamped(form) || norm(directions.get(form).p) > tolerance() * norm(objective.x())) {
      return minimise(form, damping.value()) ? null : Status.FLAT;
    }
    double[] losses =
        clock.time(
            Phase.TRIAL, () -> objective.tryPoints(List.of(directions.get(form).p), FULL_STEP));
    double loss = objective.evaluation().loss();
    if (losses[0] < loss) {
      double gainRatio = (loss - losses[0]) / predictedDecrease(form, 1);
      move(0, form);
      iterations++;
      report(norm(directions.get(form).p), 1, gainRatio, form, rejected);
    }
    return Status.STEP_SMALL;
  }

  private double tolerance() {
    boolean kinksHold = knowsKinks && descents.lossRemains();
    return kinksHold ? toleranceAtKinks : options.tolerance();
  }

  private boolean nearlyUndamped(CurvatureForm form) {
    // From now on the systems that are asked for are these.
    clock.time(Phase.CURVATURE, () -> curvature.deciding(form));
    return minimise(form, Math.min(NEARLY_UNDAMPED, damping.value()))
        || minimise(form, NEARLY_UNDAMPED);
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
    if (!definite && !minimise(form, damping.value())) {
      return Status.FLAT;
    }
    double step = norm(directions.get(form).p);
    double size = norm(objective.x());
    if (definite && step <= tolerance() * size) {
      return tryToFinish(form, rejected);
    }
    double gradient = stationarity();
    double highest = objective.evaluation().loss() + BLIND * objective.evaluation().lossRounding();
    boolean flips = false;
    for (double t : POLISHING) {
      double[] length = {t};
      clock.time(Phase.TRIAL, () -> objective.tryPoints(List.of(directions.get(form).p), length));
      move(0, form);
      Evaluation at = objective.evaluation();
      if (at.isFinite()
          && at.loss() <= highest
          && at.activeUnits() > 0
          && stationarity() < gradient) {
        iterations++;
        report(t * step, t, Double.NaN, form, rejected);
        return null;
      }
      flips |= at.flips() > 0;
      moveBack(before);
    }
    boolean near = definite && step <= PLATEAU_STEP * size;
    // A long step switches units wherever it leads, which tells only steps without kinks something.
    if (flips && (near || !knowsKinks)) {
      return Status.STALLED_AT_KINK;
    }
    return near ? Status.GRADIENT_AT_ROUNDING : Status.FLAT;
  }

  /** No damping helped: at a kink if even the shortest step tried last switches units. */
  private Status stalled() {
    return objective.flipsAt(LADDER.length - 1) > 0 ? Status.STALLED_AT_KINK : Status.FLAT;
  }

  // Scalars and records

  private double norm(Buffer v) {
    return Math.sqrt(backend.dot(v, v));
  }

  /**
   * ‖grad + ν x‖ with the multiplier ν &gt;= 0 of the ball where x is on its boundary, ‖grad‖
   * elsewhere.
   */
  private double stationarity() {
    if (Double.isNaN(objective.evaluation().gradientNorm())) {
      return Double.NaN;
    }
    if (!knowsKinks && Double.isInfinite(problem.radius())) {
      return objective.evaluation().gradientNorm();
    }
    if (knowsKinks && objective.evaluation().isFinite()) {
      kinks.leastGradient(product);
    } else {
      backend.copy(objective.gradient(), product);
    }
    Buffer x = objective.x();
    double xx = backend.dot(x, x);
    double nu = -backend.dot(product, x) / xx;
    if (nu > 0 && Math.sqrt(xx) >= problem.radius() * (1 - 1e-12)) {
      backend.combine(1, product, nu, x, product);
    }
    return norm(product);
  }

  private void report(
      double stepNorm, double t, double gainRatio, CurvatureForm form, int rejected) {
    if (!reporting) {
      return;
    }
    Evaluation at = objective.evaluation();
    Iteration iteration =
        new Iteration(
            iterations,
            at.loss(),
            at.dataLoss(),
            at.regularization(),
            stationarity(),
            stepNorm,
            t,
            gainRatio,
            damping.value(),
            form,
            at.activeUnits(),
            at.flips(),
            knowsKinks ? kinks.count() : 0,
            rejected,
            approximation,
            clock.seconds());
    reported = new Reported(iteration, objective.read(Quantity.X));
    listener.onIteration(iteration);
    listener.onPoint(() -> objective.read(Quantity.X));
  }

  /** The last point that was reported, without the backend, which may be what failed. */
  private Solution failed(Status status) {
    Iteration at = reported.iteration;
    return new Solution(
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
        backend.description(),
        Optional.empty(),
        coarseSolve,
        clock.seconds(),
        clock.phases());
  }

  private Solution solution(Status status, Optional<FurtherDescents> further) {
    if (kinks.leaveSides()) {
      curvature.moved();
    }
    Evaluation at = objective.evaluation();
    double rounding = Math.hypot(storageRounding(problem.a1()), storageRounding(problem.a2()));
    double storageError = rounding > 0 && status.converged() ? storageError(rounding) : 0;
    return new Solution(
        objective.read(Quantity.X),
        status,
        iterations,
        at.loss(),
        at.dataLoss(),
        at.regularization(),
        stationarity(),
        at.activeUnits(),
        storageError,
        path,
        method,
        backend.description(),
        further,
        coarseSolve,
        clock.seconds(),
        clock.phases());
  }

  private static double storageRounding(Matrix matrix) {
    return matrix.type() == ElementType.FLOAT32 ? matrix.type().unitRoundoff() : 0;
  }

  /** Draws logits as storage rounding moves them, and takes the Newton step that answers. */
  private double storageError(double rounding) {
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    objective.perturbLogits(TYPICAL_ROUNDING * rounding, STORAGE_SEED, product);
    ShiftedSystem h = curvature.at(form);
    Buffer p = directions.get(form).p;
    double lambda = NEARLY_UNDAMPED * h.scale();
    StepModel answer = new SmoothModel(backend, h, objective.x(), product, before);
    if (!model.minimise(answer, lambda, precision(), objective.x(), p)) {
      return Double.NaN;
    }
    return norm(p) / norm(objective.x());
  }

  @Override
  public void close() {
    owned.forEach(Runnable::run);
  }
}
