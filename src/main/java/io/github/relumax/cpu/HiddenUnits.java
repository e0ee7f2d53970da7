package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F64;

import java.lang.foreign.MemorySegment;

/**
 * What follows from the signs of z1: relu and its mask, and the lists of the units that are active
 * or flip. The hidden layer is short beside everything else, so one thread goes through it.
 */
final class HiddenUnits {
  private HiddenUnits() {}

  /** {@link io.github.relumax.backend.Backend#relu}. */
  static void relu(CpuBuffer z1, CpuBuffer h) {
    MemorySegment z = z1.segment();
    MemorySegment o = h.segment();
    for (long at = 0; at < z.byteSize(); at += 8) {
      o.set(F64, at, Math.max(z.get(F64, at), 0.0));
    }
  }

  /** {@link io.github.relumax.backend.Backend#mask}. */
  static void mask(CpuBuffer z1, CpuBuffer v, CpuBuffer out) {
    MemorySegment z = z1.segment();
    MemorySegment a = v.segment();
    MemorySegment o = out.segment();
    for (long at = 0; at < z.byteSize(); at += 8) {
      o.set(F64, at, z.get(F64, at) > 0 ? a.get(F64, at) : 0);
    }
  }

  /** {@link io.github.relumax.backend.Backend#settle}. */
  static void settle(CpuBuffer z1, CpuBuffer norms, double tolerance) {
    MemorySegment z = z1.segment();
    MemorySegment s = norms.segment();
    for (long at = 0; at < z.byteSize(); at += 8) {
      if (Math.abs(z.get(F64, at)) <= tolerance * s.get(F64, at)) {
        z.set(F64, at, 0);
      }
    }
  }

  /** {@link io.github.relumax.backend.Backend#activeUnits}. */
  static void active(CpuBuffer z1, CpuUnits out) {
    MemorySegment z = z1.segment();
    int n = (int) z1.columns();
    out.clear(n);
    for (int u = 0; u < n; u++) {
      if (z.get(F64, 8L * u) > 0) {
        out.add(u, 1);
      }
    }
  }

  /** {@link io.github.relumax.backend.Backend#flippedUnits}. */
  static void flipped(CpuBuffer from, CpuBuffer to, CpuUnits out) {
    MemorySegment a = from.segment();
    MemorySegment b = to.segment();
    int n = (int) from.columns();
    out.clear(n);
    for (int u = 0; u < n; u++) {
      boolean was = a.get(F64, 8L * u) > 0;
      boolean is = b.get(F64, 8L * u) > 0;
      if (was != is) {
        out.add(u, is ? 1 : -1);
      }
    }
  }

  /** {@link io.github.relumax.backend.Backend#flipCorrections}. */
  static void flipCorrections(CpuBuffer z1, CpuBuffer trials, CpuBuffer h, CpuUnits out) {
    MemorySegment a = z1.segment();
    MemorySegment b = trials.segment();
    MemorySegment o = h.segment();
    int n = (int) z1.columns();
    out.clear(n);
    for (int u = 0; u < n; u++) {
      boolean was = a.get(F64, 8L * u) > 0;
      boolean flips = false;
      for (long at = 8L * u; at < b.byteSize(); at += 8L * n) {
        double value = b.get(F64, at);
        boolean flipped = was != value > 0;
        o.set(F64, at, flipped ? Math.abs(value) : 0);
        flips |= flipped;
      }
      if (flips) {
        out.add(u, 1);
      }
    }
  }
}
