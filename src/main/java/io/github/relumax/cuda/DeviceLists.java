package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.relumax.backend.Units;
import io.github.relumax.cuda.Workspaces.Use;

/**
 * Lists of units and rows: a kernel sets a bit for each of the n entries that belong to the list
 * and counts them by block, then their indices are listed in order.
 */
final class DeviceLists {
  private final CudaContext gpu;
  private final Kernels kernels;
  private final Workspaces workspaces;

  DeviceLists(CudaContext gpu, Kernels kernels, Workspaces workspaces) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.workspaces = workspaces;
  }

  /** Two sets of n bits, the second from wordBytes(n) on, and the counts of the blocks for each. */
  long bits(Use use, long n) {
    return workspaces.address(use, 2 * wordBytes(n) + 16 * Grids.MOST_BLOCKS);
  }

  /** Where the counts are for bits of n entries. */
  static long counts(long words, long n) {
    return words + 2 * wordBytes(n);
  }

  /** Bytes of n bits, a multiple of 8 for what lies behind. */
  static long wordBytes(long n) {
    return 8 * Math.ceilDiv(n, 64);
  }

  /** The list, with room for all of n units. */
  static DeviceUnits unitsFor(Units out, long n) {
    DeviceUnits units = (DeviceUnits) out;
    if (n > units.capacity()) {
      throw new IllegalArgumentException(
          "a list with room for %d units, %d are expected".formatted(units.capacity(), n));
    }
    return units;
  }

  /**
   * Lists the entries whose bits are set in words, and waits for how many they are.
   *
   * @param on the bits that give their sign, or 0
   * @throws IllegalArgumentException if the list has no room for all; it is then empty
   */
  void fill(DeviceUnits units, long n, long words, long on) {
    units.clear(n);
    kernels.along(
        "compact",
        n,
        words,
        on,
        n,
        counts(words, n),
        (long) units.capacity(),
        units.index(),
        units.sign(),
        units.length());
    units.count(gpu.read(units.length(), 8).get(JAVA_LONG, 0));
  }

  /**
   * Lists the entries whose bits are set at an address with room for n, and waits for how many they
   * are.
   *
   * @param length device address for a long
   */
  int fill(long list, long n, long words, long counts, long length) {
    kernels.along("compact", n, words, 0, n, counts, n, list, 0, length);
    return Math.toIntExact(gpu.read(length, 8).get(JAVA_LONG, 0));
  }
}
