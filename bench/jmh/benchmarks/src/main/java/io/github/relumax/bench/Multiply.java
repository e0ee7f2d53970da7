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
  Kernel prepare(Dense matrix) {
    a = matrix;
    x = Dense.randomVector(a.columns(), 2);
    return library().multiply(a, x);
  }

  @Override
  void check(Dense y) {
    requireClose(a.times(x), y.entries());
  }
}
