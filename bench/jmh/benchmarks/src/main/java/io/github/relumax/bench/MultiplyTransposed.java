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
  Kernel prepare(int[] sizes) {
    a = Dense.random(sizes[0], sizes[1], 1);
    v = Dense.randomVector(sizes[0], 2);
    return library().multiplyTransposed(a, v);
  }

  @Override
  void check(Dense y) {
    requireClose(a.transposedTimes(v), y.entries());
  }
}
