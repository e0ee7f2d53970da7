package io.github.relumax.matrix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.relumax.matrix.FreedBlocks.Block;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Large blocks from the C library. Its calloc has the system make each page a page of zeros when a
 * thread first uses it, but for a block that was used before: there it writes the zeros, as an
 * arena does everywhere, at once and on one thread. Its malloc writes nothing.
 */
@SuppressWarnings("restricted") // Where it is forbidden, there are none.
final class LargeBlocks {
  /**
   * Smaller blocks are left to the arena. Linking calloc takes tens of milliseconds, once in a
   * process, in which an arena writes several of these; a problem that has one has more.
   */
  static final long LEAST = 12L << 20;

  /** The same once it is linked: what is smaller the C library itself keeps for the next. */
  static final long LEAST_LINKED = 1L << 20;

  private static volatile boolean linked;

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

  /** Whether blocks of so many bytes are to be had here, and not from an arena. */
  static boolean has(long bytes) {
    if (bytes < (linked ? LEAST_LINKED : LEAST)) {
      return false;
    }
    linked = true;
    return C.FREE != null;
  }

  /**
   * So many bytes.
   *
   * @param zeros whether they are zero, or whatever they were before
   * @throws OutOfMemoryError if they are not there
   */
  static Block block(long bytes, boolean zeros) {
    long all = bytes + Blocks.ALIGNMENT;
    long address = zeros ? calloc(all) : malloc(all);
    if (address == 0) {
      throw new OutOfMemoryError("no " + all + " bytes");
    }
    long aligned = Math.ceilDiv(address, Blocks.ALIGNMENT) * Blocks.ALIGNMENT;
    return new Block(MemorySegment.ofAddress(aligned).reinterpret(bytes), () -> free(address));
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
