package io.github.relumax.bench;

import java.util.Arrays;
import java.util.List;

/**
 * H = Cᵀ diag(a) C with C m x d. Relumax weights the rows as it goes; the others are given √a C and
 * do not pay for it. One triangle is counted for all.
 */
public class Gram extends KernelBenchmark {
  private Dense c;
  private double[] weights;

  @Override
  String operation() {
    return "gram";
  }

  @Override
  List<String> shapes() {
    return List.of("512x512", "1024x1024", "2048x2048", "4096x4096", "40000x256", "50272x768");
  }

  @Override
  double work(int[] sizes) {
    return (double) sizes[0] * sizes[1] * sizes[1];
  }

  @Override
  Kernel prepare(int[] sizes) {
    c = Dense.random(sizes[0], sizes[1], 1);
    weights = Dense.randomVector(sizes[0], 2);
    Arrays.setAll(weights, i -> 1 + 0.5 * weights[i]);
    return library().gram(c, weights);
  }

  /** H u = Cᵀ diag(a) (C u). */
  @Override
  void check(Dense h) {
    double[] u = Dense.randomVector(c.columns(), 3);
    double[] v = c.times(u);
    Arrays.setAll(v, i -> weights[i] * v[i]);
    requireClose(c.transposedTimes(v), h.symmetric().times(u));
  }
}
