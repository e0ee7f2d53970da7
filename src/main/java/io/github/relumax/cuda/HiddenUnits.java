package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.cuda.Workspaces.Use;

/** Which hidden units are active and which flip, as lists, by the signs of z1. */
final class HiddenUnits {
  private final Kernels kernels;
  private final DeviceLists lists;

  HiddenUnits(Kernels kernels, DeviceLists lists) {
    this.kernels = kernels;
    this.lists = lists;
  }

  /** Takes the memory that lists of so many units are made in. */
  void reserve(long n) {
    bits(n);
  }

  /** {@link io.github.relumax.backend.Backend#activeUnits}. */
  void active(Buffer z1, Units out) {
    long n = size(z1);
    DeviceUnits units = DeviceLists.unitsFor(out, n);
    long words = bits(n);
    kernels.along("activeUnits", n, address(z1), n, words, DeviceLists.counts(words, n));
    lists.fill(units, n, words, 0);
  }

  /** {@link io.github.relumax.backend.Backend#flippedUnits}. */
  void flipped(Buffer from, Buffer to, Units out) {
    long n = size(from);
    DeviceUnits units = DeviceLists.unitsFor(out, n);
    long words = bits(n);
    long on = words + DeviceLists.wordBytes(n);
    kernels.along(
        "flippedUnits", n, address(from), address(to), n, words, on, DeviceLists.counts(words, n));
    lists.fill(units, n, words, on);
  }

  /** {@link io.github.relumax.backend.Backend#flipCorrections}. */
  void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    long n = size(z1);
    DeviceUnits units = DeviceLists.unitsFor(out, n);
    long words = bits(n);
    kernels.along(
        "flipCorrections",
        n,
        address(z1),
        address(trials),
        Math.toIntExact(trials.rows()),
        n,
        address(h),
        words,
        DeviceLists.counts(words, n));
    lists.fill(units, n, words, 0);
  }

  private long bits(long n) {
    return lists.bits(Use.UNIT_BITS, n);
  }
}
