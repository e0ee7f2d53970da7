package io.github.relumax.bench;

import java.util.List;

/** L Lᵀ = H with H d x d, which is kept: every library's time includes the copy it factors. */
public class Factor extends KernelBenchmark {
  private Dense h;

  @Override
  String operation() {
    return "factor";
  }

  @Override
  List<String> shapes() {
    return List.of("512", "1024", "2048", "4096");
  }

  @Override
  double work(int[] sizes) {
    return Math.pow(sizes[0], 3) / 3;
  }

  @Override
  Kernel prepare(int[] sizes) {
    h = Dense.positiveDefinite(sizes[0], 1);
    return library().factor(h);
  }

  /** L (Lᵀ u) = H u. */
  @Override
  void check(Dense result) {
    Dense l = result.lower();
    double[] u = Dense.randomVector(h.columns(), 3);
    requireClose(h.times(u), l.times(l.transposedTimes(u)));
  }
}
