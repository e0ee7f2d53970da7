package io.github.relumax.bench;

import java.util.List;

/** C = A B with A m x k and B k x n. */
public class Product extends KernelBenchmark {
  private Dense a;
  private Dense b;

  @Override
  String operation() {
    return "product";
  }

  @Override
  List<String> shapes() {
    return List.of(
        "512x512x512", "1024x1024x1024", "2048x2048x2048", "4096x4096x4096", "40000x1536x256");
  }

  @Override
  double work(int[] sizes) {
    return 2.0 * sizes[0] * sizes[1] * sizes[2];
  }

  @Override
  Kernel prepare(int[] sizes) {
    a = Dense.random(sizes[0], sizes[1], 1);
    b = Dense.random(sizes[1], sizes[2], 2);
    return library().product(a, b);
  }

  /** C u = A (B u). */
  @Override
  void check(Dense c) {
    double[] u = Dense.randomVector(b.columns(), 3);
    requireClose(a.times(b.times(u)), c.times(u));
  }
}
