package io.github.relumax.bench;

import java.util.List;

/** x = (L Lᵀ)⁻¹ r: both triangular solves, one right-hand side. */
public class Solve extends KernelBenchmark {
  private Dense l;
  private double[] r;

  @Override
  String operation() {
    return "solve";
  }

  @Override
  List<String> shapes() {
    return List.of("512", "1024", "2048", "4096");
  }

  @Override
  double work(int[] sizes) {
    return 2.0 * sizes[0] * sizes[0];
  }

  @Override
  Kernel prepare(int[] sizes) {
    l = Dense.lowerTriangular(sizes[0], 1);
    r = Dense.randomVector(sizes[0], 2);
    return library().solve(l, r);
  }

  /** L (Lᵀ x) = r. */
  @Override
  void check(Dense x) {
    requireClose(r, l.times(l.transposedTimes(x.entries())));
  }
}
