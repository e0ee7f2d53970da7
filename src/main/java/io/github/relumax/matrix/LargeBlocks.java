package io.github.relumax.matrix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Large blocks from the C library. Its calloc has the system make each page a page of zeros when a
 * thread first uses it, but for a block that was used before: there it writes the zeros, as an
 * arena does everywhere, at once and on one thread. Its malloc writes nothing.
 */
@SuppressWarnings("restricted") // Where it is forbidden, isPermitted says so.
final class LargeBlocks {
  /**
   * Smaller blocks are left to the arena. Linking calloc takes tens of milliseconds, once in a
   * process, in which an arena writes several of these; a problem that has one has more.
   */
  static final long LEAST = 12L << 20;

  private static final int ALIGNMENT = 64;

  private LargeBlocks() {}

  /** Linked when first needed. */
  private static final class C {
    private static final MethodHandle CALLOC =
        function("calloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MALLOC =
        function("malloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(JAVA_LONG));

    /** Null where the virtual machine was told to refuse it. */
    private static MethodHandle function(String name, FunctionDescriptor type) {
      try {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
      } catch (IllegalCallerException e) {
        return null;
      }
    }
  }

  static boolean isPermitted() {
    return C.FREE != null;
  }

  /**
   * So many bytes that are zero, which {@code arena} gives back.
   *
   * @throws OutOfMemoryError if they are not there
   */
  static MemorySegment zeros(long bytes, Arena arena) {
    return owned(calloc(bytes + ALIGNMENT), bytes, arena);
  }

  /** The same, but whatever they were before. */
  static MemorySegment unset(long bytes, Arena arena) {
    return owned(malloc(bytes + ALIGNMENT), bytes, arena);
  }

  private static MemorySegment owned(long address, long bytes, Arena arena) {
    if (address == 0) {
      throw new OutOfMemoryError("no " + bytes + " bytes");
    }
    long aligned = (address + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return MemorySegment.ofAddress(aligned).reinterpret(bytes, arena, _ -> free(address));
  }

  private static long calloc(long bytes) {
    try {
      return (long) C.CALLOC.invokeExact(bytes, 1L);
    } catch (Throwable e) {
      throw new IllegalStateException("calloc", e);
    }
  }

  private static long malloc(long bytes) {
    try {
      return (long) C.MALLOC.invokeExact(bytes);
    } catch (Throwable e) {
      throw new IllegalStateException("malloc", e);
    }
  }

  private static void free(long address) {
    try {
      C.FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException("free", e);
    }
  }
}
