package io.github.relumax.bench;

import java.util.List;

/** A matrix of m x n and a vector; the bytes of the matrix are counted. */
public abstract class MatrixVector extends KernelBenchmark {
  @Override
  List<String> shapes() {
    return List.of("40000x3072", "40000x256");
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  double work(int[] sizes) {
    return (double) Double.BYTES * sizes[0] * sizes[1];
  }
}
