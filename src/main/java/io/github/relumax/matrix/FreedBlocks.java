package io.github.relumax.matrix;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Blocks of memory that were freed, kept for those who ask next: a system makes the pages of a new
 * block when they are first used, which may take longer than all that is computed with them.
 *
 * <p>Kept blocks make hardly anyone need more memory: so many bytes go back before as many new ones
 * are taken. They are kept while somebody has said that more will be asked for.
 */
final class FreedBlocks {
  /** Whoever asks for a block gets one of at most so many times its size. */
  private static final double MOST_TIMES = 1.5;

  /**
   * Whoever asks for fewer bytes does not cost a larger block, which would be dear to make anew.
   */
  static final long LARGE = 1L << 20;

  /**
   * A block.
   *
   * @param memory all of it, of which whoever uses it may have asked for less
   * @param free what gives it back to where it came from
   */
  record Block(MemorySegment memory, Runnable free) {
    long bytes() {
      return memory.byteSize();
    }
  }

  private final List<Block> blocks = new ArrayList<>();
  private int users;

  /** More blocks will be asked for, until {@link #end}. */
  synchronized void begin() {
    users++;
  }

  /** The last one who ends gets all blocks to give back. */
  synchronized List<Block> end() {
    users--;
    return users == 0 ? giveBack(Long.MAX_VALUE) : List.of();
  }

  /** Bytes of all blocks. */
  synchronized long bytes() {
    return blocks.stream().mapToLong(Block::bytes).sum();
  }

  /** Keeps a block that was freed; false if it is to be given back. */
  synchronized boolean keep(Block block) {
    return users > 0 && blocks.add(block);
  }

  /** The smallest block of at least so many bytes, and not many more; null where there is none. */
  synchronized Block take(long bytes) {
    Block best = null;
    for (Block block : blocks) {
      boolean fits = block.bytes() >= bytes && block.bytes() <= MOST_TIMES * bytes;
      if (fits && (best == null || block.bytes() < best.bytes())) {
        best = block;
      }
    }
    blocks.remove(best);
    return best;
  }

  /**
   * Blocks to give back, the smallest first, until they are so many bytes or none is left; no large
   * ones where it is few bytes.
   */
  synchronized List<Block> giveBack(long bytes) {
    blocks.sort(Comparator.comparingLong(Block::bytes));
    long largest = bytes < LARGE ? LARGE : Long.MAX_VALUE;
    List<Block> back = new ArrayList<>();
    for (long given = 0; given < bytes && !blocks.isEmpty(); ) {
      if (blocks.getFirst().bytes() > largest) {
        break;
      }
      Block smallest = blocks.removeFirst();
      given += smallest.bytes();
      back.add(smallest);
    }
    return back;
  }
}
