package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import java.util.function.BooleanSupplier;

/**
 * Full steps that are nearly undamped, one after the other, whatever the loss: where units switch
 * it may rise far before it falls, while the steps already contract. Goes back where they do not,
 * or where no lower loss is reached (the watchdog of Chamberlain, Powell, Lemarechal and Pedersen,
 * 1982).
 */
final class Excursion implements AutoCloseable {
  private static final int MOST_STEPS = 6;

  /** Each step is shorter than this part of the one before... */
  private static final double CONTRACTION = 0.5;

  /** ...and the first than so many times x: longer ones lead anywhere. */
  private static final double LONGEST_STEP = 1;

  private final Backend backend;
  private final Place place;
  private final Directions directions;
  private final PhaseClock clock;
  private final BooleanSupplier stopped;
  private final Buffer start;

  Excursion(
      Backend backend,
      Place place,
      Directions directions,
      PhaseClock clock,
      BooleanSupplier stopped) {
    this.backend = backend;
    this.place = place;
    this.directions = directions;
    this.clock = clock;
    this.stopped = stopped;
    start = backend.allocate(1, place.objective().d());
  }

  /**
   * Sets out from where the solve stands.
   *
   * @param most steps at most
   * @return steps to where the loss is lower, where the solve now stands; 0 if it stands where it
   *     did
   */
  int tryFrom(CurvatureForm form, int most) {
    Buffer p = directions.p();
    backend.copy(place.objective().x(), start);
    double loss = place.evaluation().loss();
    double bound = LONGEST_STEP * place.norm(start);
    int last = Math.min(MOST_STEPS, most);
    for (int step = 1; step <= last && !stopped.getAsBoolean(); step++) {
      if (!directions.undamped(form) || !(directions.length() < bound)) {
        if (step == 1) {
          return 0;
        }
        break;
      }
      bound = CONTRACTION * directions.length();
      clock.time(Phase.TRIAL, () -> place.objective().tryPoints(p, NewtonRun.FULL_STEP));
      place.accept(0, form);
      if (!place.evaluation().isFinite() || place.evaluation().activeUnits() == 0) {
        break;
      }
      if (place.evaluation().loss() < loss) {
        return step;
      }
    }
    place.returnTo(start);
    return 0;
  }

  /** How far the solve stands from where the last excursion began. */
  double distance() {
    return place.distance(start);
  }

  @Override
  public void close() {
    start.close();
  }
}
