package io.github.relumax.matrix;

import io.github.relumax.matrix.FreedBlocks.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Blocks of memory, from those that were freed and kept, or else fresh ones: large ones from the C
 * library ({@link LargeBlocks}), the others from an arena each.
 */
final class Blocks {
  static final int ALIGNMENT = 64;

  /** Bytes that one thread clears at a time. */
  private static final long CLEARED_AT_ONCE = 2L << 20;

  private static final FreedBlocks FREED = new FreedBlocks();

  private Blocks() {}

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

  /** Gives them back. */
  static void giveBackKept() {
    giveBack(FREED.giveBack(Long.MAX_VALUE));
  }

  /**
   * At least so many bytes that are zero.
   *
   * @throws OutOfMemoryError if they are not there
   */
  static Block zeros(long bytes) {
    Block kept = FREED.take(bytes);
    if (kept == null) {
      return fresh(bytes, true);
    }
    clear(kept.memory().asSlice(0, bytes));
    return kept;
  }

  /** The same, but whatever they were before. */
  static Block unset(long bytes) {
    Block kept = FREED.take(bytes);
    return kept == null ? fresh(bytes, false) : kept;
  }

  static void free(Block block) {
    if (!FREED.keep(block)) {
      block.free().run();
    }
  }

  /** As many bytes of kept blocks go back, if there are so many. */
  private static Block fresh(long bytes, boolean zeros) {
    giveBack(FREED.giveBack(bytes));
    return LargeBlocks.has(bytes) ? LargeBlocks.block(bytes, zeros) : ofArena(bytes);
  }

  private static Block ofArena(long bytes) {
    Arena arena = Arena.ofShared();
    try {
      return new Block(arena.allocate(bytes, ALIGNMENT), arena::close);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  /** Writes zeros, where they are many on all cores. */
  private static void clear(MemorySegment all) {
    long bytes = all.byteSize();
    LongStream parts = LongStream.range(0, Math.ceilDiv(bytes, CLEARED_AT_ONCE));
    (bytes > CLEARED_AT_ONCE ? parts.parallel() : parts)
        .map(part -> part * CLEARED_AT_ONCE)
        .forEach(at -> all.asSlice(at, Math.min(CLEARED_AT_ONCE, bytes - at)).fill((byte) 0));
  }

  private static void giveBack(List<Block> blocks) {
    blocks.forEach(block -> block.free().run());
  }
}
