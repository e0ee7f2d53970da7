package io.github.relumax.matrix;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Large blocks from the C library. Its calloc has the system make each page a page of zeros when a
 * thread first uses it, but for a block that was used before: there it writes the zeros, as an
 * arena does everywhere, at once and on one thread. Its malloc writes nothing.
 *
 * <p>What was freed is kept for the next ({@link FreedBlocks}).
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

  private static final int ALIGNMENT = 64;

  /** Bytes that one thread clears at a time. */
  private static final long CLEARED_AT_ONCE = 2L << 20;

  private static volatile boolean linked;

  private static final FreedBlocks FREED = new FreedBlocks();

  private LargeBlocks() {}

  /** Blocks that are freed are kept for the next from now on, until {@link #endKeeping}. */
  static void beginKeeping() {
    FREED.begin();
  }

  static void endKeeping() {
    giveBack(FREED.end());
  }

  /** Bytes of blocks that were freed and kept. */
  static long keptBytes() {
    return FREED.bytes();
  }

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
   * So many bytes that are zero, which {@code arena} gives back.
   *
   * @throws OutOfMemoryError if they are not there
   */
  static MemorySegment zeros(long bytes, Arena arena) {
    FreedBlocks.Block kept = FREED.take(bytes + ALIGNMENT);
    if (kept == null) {
      return owned(fresh(bytes + ALIGNMENT, LargeBlocks::calloc), bytes, arena);
    }
    clear(kept, bytes);
    return owned(kept, bytes, arena);
  }

  /** The same, but whatever they were before. */
  static MemorySegment unset(long bytes, Arena arena) {
    FreedBlocks.Block kept = FREED.take(bytes + ALIGNMENT);
    return owned(kept == null ? fresh(bytes + ALIGNMENT, LargeBlocks::malloc) : kept, bytes, arena);
  }

  /** Writes zeros, on all cores. */
  private static void clear(FreedBlocks.Block block, long bytes) {
    MemorySegment all = MemorySegment.ofAddress(aligned(block)).reinterpret(bytes);
    LongStream.range(0, Math.ceilDiv(bytes, CLEARED_AT_ONCE))
        .map(part -> part * CLEARED_AT_ONCE)
        .parallel()
        .forEach(at -> all.asSlice(at, Math.min(CLEARED_AT_ONCE, bytes - at)).fill((byte) 0));
  }

  /** As many bytes of kept blocks go back, if there are so many, and all where none are left. */
  private static FreedBlocks.Block fresh(long bytes, LongUnaryOperator allocate) {
    giveBack(FREED.giveBack(bytes));
    long address = allocate.applyAsLong(bytes);
    if (address == 0) {
      giveBack(FREED.giveBack(Long.MAX_VALUE));
      address = allocate.applyAsLong(bytes);
    }
    if (address == 0) {
      throw new OutOfMemoryError("no " + bytes + " bytes");
    }
    return new FreedBlocks.Block(address, bytes);
  }

  private static MemorySegment owned(FreedBlocks.Block block, long bytes, Arena arena) {
    return MemorySegment.ofAddress(aligned(block)).reinterpret(bytes, arena, _ -> freed(block));
  }

  private static long aligned(FreedBlocks.Block block) {
    return (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void freed(FreedBlocks.Block block) {
    if (!FREED.keep(block)) {
      giveBack(List.of(block));
    }
  }

  private static void giveBack(List<FreedBlocks.Block> blocks) {
    blocks.forEach(block -> free(block.address()));
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
