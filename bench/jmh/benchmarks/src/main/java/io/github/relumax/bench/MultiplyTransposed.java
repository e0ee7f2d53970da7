package io.github.relumax.bench;

/** y = Aᵀ v. */
public class MultiplyTransposed extends MatrixVector {
  private Dense a;
  private double[] v;

  @Override
  String operation() {
    return "multiplyTransposed";
  }

  @Override
  Kernel prepare(Dense matrix) {
    a = matrix;
    v = Dense.randomVector(a.rows(), 2);
    return library().multiplyTransposed(a, v);
  }

  @Override
  void check(Dense y) {
    requireClose(a.transposedTimes(v), y.entries());
  }
}
