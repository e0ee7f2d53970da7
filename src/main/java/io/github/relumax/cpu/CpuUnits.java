package io.github.relumax.cpu;

import io.github.relumax.backend.Units;

/** Indices of units or rows in ascending order, each with sign +1 or -1. */
final class CpuUnits implements Units {
  final int[] index;
  final byte[] sign;
  private int count;
  private long of;

  CpuUnits(int capacity) {
    index = new int[capacity];
    sign = new byte[capacity];
  }

  /**
   * Begins a new list.
   *
   * @param from how many there are to choose from: every index will be less
   */
  void clear(long from) {
    count = 0;
    of = from;
  }

  /**
   * Requires room for a list of that length.
   *
   * @throws IllegalArgumentException if it is not there
   */
  void requireRoom(int length) {
    if (length > index.length) {
      throw new IllegalArgumentException(
          "a list with room for %d entries, %d are expected".formatted(index.length, length));
    }
  }

  void add(int unit, int s) {
    index[count] = unit;
    sign[count] = (byte) s;
    count++;
  }

  /** How many there were to choose from. */
  long of() {
    return of;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void close() {}
}
