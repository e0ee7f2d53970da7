package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import java.util.Arrays;

/**
 * Slopes v = A2ᵀ u of the loss in the activation of each unit, u being gz at the objective's x or
 * what gz is expected to be elsewhere. Where the backend keeps A2's non-zeros alone, they are found
 * for the units that are asked for; elsewhere for all as soon as one is.
 */
public final class Slopes {
  private final Backend backend;
  private final ActiveColumns columns;
  private final Buffer u;
  private final Buffer values;
  private final double[] norms;
  private final double[] found;
  private final boolean[] known;
  private boolean valid;

  /**
   * None yet.
   *
   * @param u 1 x m
   * @param values 1 x n, for those that are found
   * @param norms ‖row i of A1‖
   */
  Slopes(Backend backend, ActiveColumns columns, Buffer u, Buffer values, double[] norms) {
    this.backend = backend;
    this.columns = columns;
    this.u = u;
    this.values = values;
    this.norms = norms;
    found = new double[norms.length];
    known = new boolean[norms.length];
  }

  /** u is another one from now on. */
  void restart() {
    Arrays.fill(known, false);
    valid = true;
  }

  /** u is gone: what was not found cannot be found any more. */
  void expire() {
    valid = false;
  }

  /**
   * Finds those of these units that are not known yet.
   *
   * @throws IllegalStateException if u is gone, as the objective has moved or tried points since
   */
  public void find(int... units) {
    int[] missing = Arrays.stream(units).filter(i -> !known[i]).toArray();
    if (missing.length == 0) {
      return;
    }
    if (!valid) {
      throw new IllegalStateException("slopes at a point that the objective has left");
    }
    if (columns.multiplyTransposed(missing, u, values)) {
      Arrays.fill(known, true);
    } else {
      for (int i : missing) {
        known[i] = true;
      }
    }
    backend.read(values, found);
  }

  /**
   * v_i of a unit that was found, 0 where row i of A1 is 0, so that z1_i is 0 everywhere.
   *
   * @throws IllegalStateException if it was not found
   */
  public double of(int unit) {
    if (!known[unit]) {
      throw new IllegalStateException("the slope of unit " + unit + " was not asked for");
    }
    return norms[unit] == 0 ? 0 : found[unit];
  }

  /** max(0, v_i): how much a kink pulls. */
  public double pull(int unit) {
    return Math.max(0, of(unit));
  }

  /** Those that were found, 1 x n; what else is there means nothing. */
  Buffer values() {
    return values;
  }
}
