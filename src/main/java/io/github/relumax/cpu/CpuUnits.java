package io.github.relumax.cpu;

import io.github.relumax.backend.Units;

/** Unit indices in ascending order, each with sign +1 or -1. */
final class CpuUnits implements Units {
  final int[] index;
  final byte[] sign;
  private int count;

  CpuUnits(int capacity) {
    index = new int[capacity];
    sign = new byte[capacity];
  }

  void clear() {
    count = 0;
  }

  void add(int unit, int s) {
    index[count] = unit;
    sign[count] = (byte) s;
    count++;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void close() {}
}
