package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.Units;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.WeightedRows;
import java.util.List;

/**
 * H̃ from rows that are drawn on their own:
 *
 * <pre>
 *   H̃ = Σ_{i in S} 1 / p_i (D_i (C_i - C̄)(C_i - C̄)ᵀ + w_i² C_i C_iᵀ)
 *   p_i = P(i in S) = min(1, size score_i / total)
 * </pre>
 *
 * On average it is the H⁺ of {@link PositiveRows}, whatever the scores, as long as every row that
 * counts has one above 0.
 */
final class RowDraw implements AutoCloseable {
  private final Backend backend;
  private final Owned owned;
  private final Units rows;
  private final Buffer weights;
  private final Buffer room;

  /**
   * @param room rows of d entries: how many are gathered at a time
   */
  RowDraw(Backend backend, int m, Buffer room) {
    this.backend = backend;
    this.room = room;
    owned = new Owned(backend);
    try {
      weights = owned.allocate(room.rows(), 1);
      rows = owned.units(m);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * h = H̃.
   *
   * @param parts of H⁺
   * @param scores 1 x m
   * @param total Σ scores
   * @param size how many rows to expect, at most
   * @return how many there are; where it is 0, h is as it was
   */
  int sum(
      CurvatureRows of,
      List<WeightedRows> parts,
      long seed,
      int stream,
      Buffer scores,
      double total,
      double size,
      Buffer h) {
    backend.sampleRows(seed, stream, scores, total, size, rows);
    int count = rows.count();
    double keep = 0;
    for (long first = 0; first < count; first += room.rows()) {
      long block = Math.min(room.rows(), count - first);
      Buffer sampled = room.rows(0, block);
      Buffer scaled = weights.rows(0, block);
      of.gather(rows, first, sampled);
      for (WeightedRows part : parts) {
        backend.sampleWeights(rows, first, scores, total, size, part.weights(), scaled);
        backend.gram(sampled, part.center(), scaled, keep, h);
        keep = 1;
      }
    }
    return count;
  }

  @Override
  public void close() {
    owned.close();
  }
}
