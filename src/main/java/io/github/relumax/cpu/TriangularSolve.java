package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Solves with a Cholesky factor l, for a few right-hand sides one by one, for more in blocks
 * ({@link BlockSolve}).
 */
final class TriangularSolve {
  /** Right-hand sides up to which laying them side by side takes longer than it saves. */
  private static final int FEW = 4;

  private final Kernels kernels;
  private final Parallel parallel;
  private final BlockSolve blocks;

  TriangularSolve(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    blocks = new BlockSolve(kernels, parallel);
  }

  /** out = (l lᵀ)⁻¹ out for every row of out. */
  void solve(CpuBuffer l, CpuBuffer out) {
    solve(l, out, true, true);
  }

  /** out = l⁻¹ out for every row of out. */
  void solveForward(CpuBuffer l, CpuBuffer out) {
    solve(l, out, true, false);
  }

  /** out = l⁻ᵀ out for every row of out. */
  void solveTransposed(CpuBuffer l, CpuBuffer out) {
    solve(l, out, false, true);
  }

  private void solve(CpuBuffer l, CpuBuffer out, boolean forward, boolean back) {
    long d = l.rows();
    if (out.rows() <= FEW) {
      parallel.run(
          out.rows(),
          Cholesky.GRAIN / (d * d) + 1,
          (part, low, high) -> {
            long four = parallel.tile(part);
            if (forward) {
              for (long k = low; k < high; k++) {
                solveForward(l, out.address(k), four);
              }
            }
            if (back) {
              solveBack(l, out.address(low), out.stride(), (int) (high - low), four);
            }
          });
      return;
    }
    long parts = Math.clamp(out.rows() * d * d / Cholesky.GRAIN, 1, parallel.threads());
    int atOnce = blocks.atOnce(Math.ceilDiv(out.rows(), parts));
    parallel.each(
        0,
        (int) Math.ceilDiv(out.rows(), (long) atOnce),
        (int) (Cholesky.GRAIN / (atOnce * d * d)) + 1,
        (part, block) -> {
          long k = (long) block * atOnce;
          int count = (int) Math.min(atOnce, out.rows() - k);
          blocks.solve(part, l, forward, back, out.address(k), out.stride(), count);
        });
  }

  /** x = l⁻¹ x, four rows of l at a time. */
  private void solveForward(CpuBuffer l, long x, long four) {
    int d = (int) l.rows();
    for (int i = 0; i < d; i += 4) {
      int rows = Math.min(4, d - i);
      if (rows == 4) {
        kernels.dots(l.address(i), l.stride(), x, i, four, 8);
      } else {
        for (int r = 0; r < rows; r++) {
          set(four + 8L * r, kernels.dot(l.address(i + r), x, i));
        }
      }
      for (int r = 0; r < rows; r++) {
        double left = get(four + 8L * r);
        for (int k = i; k < i + r; k++) {
          left += get(l.address(i + r, k)) * get(x + 8L * k);
        }
        set(x + 8L * (i + r), (get(x + 8L * (i + r)) - left) / get(l.address(i + r, i + r)));
      }
    }
  }

  /** x = l⁻ᵀ x for so many rows x, while four rows of l are in cache. */
  private void solveBack(CpuBuffer l, long x, long stride, int count, long four) {
    int d = (int) l.rows();
    int whole = d / 4 * 4;
    for (int i = d - 1; i >= whole; i--) {
      for (int k = 0; k < count; k++) {
        long to = x + k * stride;
        double xi = get(to + 8L * i) / get(l.address(i, i));
        set(to + 8L * i, xi);
        kernels.addRow(-xi, l.address(i), to, i);
      }
    }
    for (int i = whole - 4; i >= 0; i -= 4) {
      for (int k = 0; k < count; k++) {
        solveFour(l, i, x + k * stride, four);
      }
    }
  }

  /** Entries i..i+3 of x, and what they take off the entries before. */
  private void solveFour(CpuBuffer l, int i, long x, long four) {
    for (int r = 3; r >= 0; r--) {
      double left = get(x + 8L * (i + r));
      for (int k = i + r + 1; k < i + 4; k++) {
        left -= get(l.address(k, i + r)) * get(x + 8L * k);
      }
      double xi = left / get(l.address(i + r, i + r));
      set(x + 8L * (i + r), xi);
      set(four + 8L * r, -xi);
    }
    kernels.addRows(four, 8, l.address(i), l.stride(), x, i);
  }
}
