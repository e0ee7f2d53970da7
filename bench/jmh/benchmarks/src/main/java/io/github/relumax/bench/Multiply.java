package io.github.relumax.bench;

/** y = A x. */
public class Multiply extends MatrixVector {
  private Dense a;
  private double[] x;

  @Override
  String operation() {
    return "multiply";
  }

  @Override
  Kernel prepare(int[] sizes) {
    a = Dense.random(sizes[0], sizes[1], 1);
    x = Dense.randomVector(sizes[1], 2);
    return library().multiply(a, x);
  }

  @Override
  void check(Dense y) {
    requireClose(a.times(x), y.entries());
  }
}
