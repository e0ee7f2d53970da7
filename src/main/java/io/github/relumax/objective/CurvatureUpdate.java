package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import java.util.function.Consumer;

/**
 * What H becomes where a few units are switched on or off while x, and so f, stays. With a = row i
 * of A1, u = ±column i of A2 and M the middle matrix with W²
 *
 * <pre>
 *   C' = C + Σ_i u_i a_iᵀ
 *   H' = C'ᵀ M C' = H + Σ_i (y_i a_iᵀ + a_i y_iᵀ),   y_i = Cᵀ M u_i + 1/2 Σ_j ⟨u_j, M u_i⟩ a_j
 * </pre>
 *
 * A product of C with a vector for each unit, where forming H anew takes one with d.
 */
final class CurvatureUpdate {
  private final Backend backend;
  private final Buffer a1;
  private final Buffer a2;
  private final Buffer perUnit;
  private final Buffer perCoordinate;
  private final Buffer perRow;

  // Those of the chosen units, one a row.
  private Buffer rows;
  private Buffer products;
  private Buffer columns;
  private Buffer applied;

  /**
   * For A1 and A2.
   *
   * @param perUnit scratch, k x n
   * @param perCoordinate scratch, k x d
   * @param perRow scratch, k x m
   */
  CurvatureUpdate(
      Backend backend, Buffer a1, Buffer a2, Buffer perUnit, Buffer perCoordinate, Buffer perRow) {
    this.backend = backend;
    this.a1 = a1;
    this.a2 = a2;
    this.perUnit = perUnit;
    this.perCoordinate = perCoordinate;
    this.perRow = perRow;
  }

  /** Whether this is for so many units: those that there is scratch for. */
  boolean suits(int count) {
    return count <= Math.min(SoftmaxReluObjective.MOST_PRODUCTS, perRow.rows() / 2);
  }

  /**
   * Chooses the units that are switched.
   *
   * @param units that are
   * @param signs of all units: +1 where one is switched on, -1 where off, else 0
   */
  void choose(Units units, double[] signs) {
    int count = units.count();
    rows = perCoordinate.rows(0, count);
    products = perCoordinate.rows(count, count);
    columns = perRow.rows(0, count);
    applied = perRow.rows(count, count);
    backend.gatherRows(a1, units, 0, rows);
    double[] chosen = new double[count * signs.length];
    for (int i = 0, k = 0; i < signs.length; i++) {
      if (signs[i] != 0) {
        chosen[k * signs.length + i] = signs[i];
        k++;
      }
    }
    Buffer weights = perUnit.rows(0, count);
    backend.write(chosen, weights);
    backend.addColumns(a2, units, weights, 0, columns);
  }

  /**
   * h = H', where it was H.
   *
   * @param c C, of before
   * @param middle replaces a 1 x m vector u by M u
   */
  void addTo(Buffer h, MaskedProduct c, Consumer<Buffer> middle) {
    backend.copy(columns, applied);
    for (int i = 0; i < applied.rows(); i++) {
      middle.accept(applied.row(i));
    }
    c.transposedTimes(applied, products);
    for (int i = 0; i < applied.rows(); i++) {
      Buffer y = products.row(i);
      for (int j = 0; j < applied.rows(); j++) {
        double half = 0.5 * backend.dot(columns.row(j), applied.row(i));
        backend.combine(1, y, half, rows.row(j), y);
      }
    }
    for (int i = 0; i < applied.rows(); i++) {
      backend.rankTwo(h, products.row(i), rows.row(i), 0);
    }
  }
}
