package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F32;
import static io.github.relumax.matrix.Matrix.F64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of this process by address, in bytes. Kernels that took the segments of their operands
 * would meet several kinds (mapped, shared, automatic), and the JIT would compile each of them
 * again for every new kind, with checks of bounds and lifetimes that take most of its time. One
 * constant segment over all memory has one kind and checks that fold away.
 *
 * <p>The price is that nothing here is checked: {@link CpuBackend} checks shapes, {@link
 * CpuBuffer#address} that the memory is still there, and {@link Parallel#run} that it stays.
 */
final class RawMemory {
  /**
   * Bits that an address can have: what was masked by them needs no check of bounds, nor does a sum
   * of up to seven of such.
   */
  static final long ADDRESS = Long.MAX_VALUE >> 3;

  static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Null where the virtual machine was told to refuse it. */
  static final MemorySegment ALL = all();

  @SuppressWarnings("restricted") // It is what the class is for.
  private static MemorySegment all() {
    // One of a Java array too: while there is none the JIT compiles kernels as if there never were.
    // The Vector API makes one some time later, and then they are all compiled anew, sometimes so
    // badly that products take several times as long in that process.
    MemorySegment.ofArray(new byte[0]);
    try {
      return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    } catch (IllegalCallerException e) {
      return null;
    }
  }

  private RawMemory() {}

  /** Whether the virtual machine lets this code use memory by address; a flag may forbid it. */
  static boolean isPermitted() {
    return ALL != null;
  }

  static double get(long address) {
    return ALL.get(F64, address);
  }

  static float getFloat(long address) {
    return ALL.get(F32, address);
  }

  static void set(long address, double value) {
    ALL.set(F64, address, value);
  }

  static int getInt(long address) {
    return ALL.get(I32, address);
  }

  static void setInt(long address, int value) {
    ALL.set(I32, address, value);
  }

  static long getLong(long address) {
    return ALL.get(I64, address);
  }

  static void setLong(long address, long value) {
    ALL.set(I64, address, value);
  }

  static void clear(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }

  static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /** to[j][i] = from[i][j] for i &lt; rows and j &lt; columns. */
  static void transpose(long from, long fromStride, int rows, int columns, long to, long toStride) {
    int whole = rows / 8 * 8;
    for (int i = 0; i < whole; i += 8) {
      for (int j = 0; j < columns; j++) {
        // A line of the result, which a loop would take longer for.
        long in = from + i * fromStride + 8L * j;
        long out = to + j * toStride + 8L * i;
        set(out, get(in));
        set(out + 8, get(in + fromStride));
        set(out + 16, get(in + 2 * fromStride));
        set(out + 24, get(in + 3 * fromStride));
        set(out + 32, get(in + 4 * fromStride));
        set(out + 40, get(in + 5 * fromStride));
        set(out + 48, get(in + 6 * fromStride));
        set(out + 56, get(in + 7 * fromStride));
      }
    }
    for (int i = whole; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        set(to + j * toStride + 8L * i, get(from + i * fromStride + 8L * j));
      }
    }
  }
}
