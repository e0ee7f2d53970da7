package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** C = A2 diag(mask) A1 (m x d) at one x, which is never there as a whole. */
final class ActiveMatrix implements AutoCloseable {
  private final Backend backend;
  private final int m;
  private final int d;
  private final List<Runnable> owned = new ArrayList<>();
  private final Buffer a1;
  private final Buffer a2;
  private final Buffer z1;
  private final Buffer h;
  private final Buffer z;
  private final Units active;

  ActiveMatrix(Backend backend, Problem problem, double[] x) {
    this.backend = backend;
    m = problem.m();
    d = problem.d();
    int n = problem.n();
    try {
      a1 = own(backend.upload(problem.a1()));
      a2 = own(backend.upload(problem.a2()));
      z1 = own(backend.allocate(1, n));
      h = own(backend.allocate(1, n));
      z = own(backend.allocate(1, m));
      active = backend.units(n);
      owned.add(active::close);
      try (Buffer point = backend.allocate(1, d)) {
        backend.write(x, point);
        backend.multiply(a1, point, z1);
      }
      backend.activeUnits(z1, active);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Buffer own(Buffer buffer) {
    owned.add(buffer::close);
    return buffer;
  }

  /** ‖C v‖. v: 1 x d. */
  double norm(Buffer v) {
    backend.multiply(a1, v, h);
    backend.mask(z1, h, h);
    backend.multiply(a2, h, z);
    return Math.sqrt(backend.dot(z, z));
  }

  /** CᵀC, d x d, formed from blocks of rows of C; the caller closes it. */
  Buffer gram() {
    return gram(SoftmaxReluObjective.blockRows(m, d, CurvaturePath.STREAMED));
  }

  /** The same with blocks of so many rows. */
  Buffer gram(long blockRows) {
    Buffer gram = backend.allocate(d, d);
    double[] ones = new double[(int) blockRows];
    Arrays.fill(ones, 1);
    try (Buffer block = backend.allocate(blockRows, d);
        Buffer weights = backend.allocate(blockRows, 1);
        Buffer center = backend.allocate(1, d)) {
      backend.write(ones, weights);
      for (long row = 0; row < m; row += blockRows) {
        long count = Math.min(blockRows, m - row);
        Buffer rows = block.rows(0, count);
        backend.accumulate(a2.rows(row, count), active, a1, 0, rows);
        backend.gram(rows, center, weights.rows(0, count), row == 0 ? 0 : 1, gram);
      }
    } catch (RuntimeException | Error e) {
      gram.close();
      throw e;
    }
    return gram;
  }

  @Override
  public void close() {
    owned.forEach(Runnable::run);
    owned.clear();
  }
}
