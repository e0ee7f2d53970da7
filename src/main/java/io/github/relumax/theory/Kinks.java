package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;

/** How far a point is from where a unit turns on or off: z1_i = (A1 x)_i = 0. */
final class Kinks implements AutoCloseable {
  private final Backend backend;
  private final Matrix rows;
  private final double[] z1;
  private final Owned owned;
  private final Buffer a1;
  private final Buffer direction;
  private final Buffer product;

  /**
   * @param z1 A1 x
   */
  Kinks(Backend backend, Problem problem, double[] z1) {
    this.backend = backend;
    this.z1 = z1;
    rows = problem.a1();
    owned = new Owned(backend);
    try {
      a1 = owned.upload(rows);
      direction = owned.allocate(1, problem.d());
      product = owned.allocate(1, z1.length);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The radius of the largest ball around x in which no unit turns: min |z1_i| / ‖row i of A1‖. */
  double distance() {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < z1.length; i++) {
      double norm = rows.rowNorm(i);
      // A row of zeros never turns.
      if (norm > 0) {
        least = Math.min(least, Math.abs(z1[i]) / norm);
      }
    }
    return least;
  }

  /** The least t &gt;= 0 beyond which x + t v has a unit turned; infinity where there is none. */
  double room(double[] v) {
    backend.write(v, direction);
    backend.multiply(a1, direction, product);
    double[] change = new double[z1.length];
    backend.read(product, change);
    double room = Double.POSITIVE_INFINITY;
    for (int i = 0; i < z1.length; i++) {
      boolean turns = z1[i] > 0 ? change[i] < 0 : change[i] > 0;
      if (turns) {
        room = Math.min(room, -z1[i] / change[i]);
      }
    }
    return room;
  }

  @Override
  public void close() {
    owned.close();
  }
}
