package io.github.relumax.matrix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Large blocks of zeros from the C library's calloc, which has the system make each page a page of
 * zeros when a thread first uses it. An arena by itself writes all zeros at once, on one thread.
 */
@SuppressWarnings("restricted") // Where it is forbidden, isPermitted says so.
final class ZeroPages {
  /**
   * Smaller blocks are left to the arena. Linking calloc takes tens of milliseconds, once in a
   * process, in which an arena writes several of these; a problem that has one has more.
   */
  static final long LEAST = 12L << 20;

  private static final int ALIGNMENT = 64;

  private ZeroPages() {}

  /** Linked when first needed. */
  private static final class C {
    private static final MethodHandle CALLOC =
        function("calloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
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
   * So many bytes, which {@code arena} gives back.
   *
   * @throws OutOfMemoryError if they are not there
   */
  static MemorySegment allocate(long bytes, Arena arena) {
    long address = calloc(bytes + ALIGNMENT);
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

  private static void free(long address) {
    try {
      C.FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException("free", e);
    }
  }
}
