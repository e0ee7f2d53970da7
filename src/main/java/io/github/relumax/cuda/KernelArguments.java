package io.github.relumax.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The arguments of a launch, as the driver takes them: the address of each, all in one block of
 * memory, which the driver reads before a launch returns.
 */
final class KernelArguments {
  private static final int MOST = 16;

  private final MemorySegment block;
  private final HostPointer addresses;

  KernelArguments(Arena arena) {
    block = arena.allocate(ValueLayout.JAVA_LONG, MOST);
    MemorySegment each = arena.allocate(ValueLayout.ADDRESS, MOST);
    for (int i = 0; i < MOST; i++) {
      each.setAtIndex(ValueLayout.ADDRESS, i, block.asSlice(8L * i, 8));
    }
    addresses = new HostPointer(each);
  }

  /**
   * Where the addresses of these values lie, until the next call.
   *
   * @param kernel for the message
   * @param values Long and Integer for addresses and integers of any width, Double for double
   */
  HostPointer of(String kernel, Object... values) {
    for (int i = 0; i < values.length; i++) {
      // Little-endian: the first bytes of a long are the int that a kernel reads there.
      long bits =
          switch (values[i]) {
            case Long value -> value;
            case Integer value -> value;
            case Double value -> Double.doubleToRawLongBits(value);
            default -> throw new IllegalArgumentException(kernel + ": " + values[i]);
          };
      block.setAtIndex(ValueLayout.JAVA_LONG, i, bits);
    }
    return addresses;
  }
}
