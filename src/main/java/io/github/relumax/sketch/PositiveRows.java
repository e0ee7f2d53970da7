package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.WeightedRows;
import java.util.List;
import java.util.Optional;

/**
 * The curvature as a sum of positive semidefinite terms, one for each row of C:
 *
 * <pre>  H⁺ = Σ_i D_i (C_i - C̄)(C_i - C̄)ᵀ + Σ_i w_i² C_i C_iᵀ,   D = max(a, 0)</pre>
 *
 * with the a of the {@link io.github.relumax.backend.CurvatureForm} alone. For the Gauss-Newton
 * matrix H⁺ is H; the Hessian is H⁺ less what the a_i &lt; 0 put into it. The regulariser is not
 * centred here: Σ w² (C_i - C̄)(C_i - C̄)ᵀ may be far larger than Cᵀ W² C, and an error in
 * proportion to it would leave H̃ indefinite.
 */
final class PositiveRows implements AutoCloseable {
  private final Backend backend;
  private final Owned owned;
  private final Buffer data;
  private final Buffer regular;
  private final Buffer zero;

  PositiveRows(Backend backend, long m, long d) {
    this.backend = backend;
    owned = new Owned(backend);
    try {
      data = owned.allocate(m, 1);
      regular = owned.allocate(m, 1);
      zero = owned.allocate(1, d);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Entries of the buffers. */
  static double entries(double m, double d) {
    return 2 * m + d;
  }

  /** The one or two sums that make up H⁺, until the next call. */
  List<WeightedRows> of(CurvatureRows rows) {
    WeightedRows centred = new WeightedRows(data, rows.center());
    Optional<Buffer> w2 = rows.squaredWeights();
    if (w2.isEmpty()) {
      backend.relu(rows.weights(), data);
      return List.of(centred);
    }
    backend.combine(1, rows.weights(), -1, w2.get(), regular);
    backend.relu(regular, data);
    backend.copy(w2.get(), regular);
    return List.of(centred, new WeightedRows(regular, zero));
  }

  @Override
  public void close() {
    owned.close();
  }
}
