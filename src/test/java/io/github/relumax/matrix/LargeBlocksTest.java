package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Nothing here uses the pages of what is large, so that it takes no memory. */
final class LargeBlocksTest {
  @Test
  void largeMatricesAreZerosWherePagesWereUsedBefore() {
    for (int round = 0; round < 3; round++) {
      try (Arena arena = Arena.ofShared()) {
        Matrix matrix = allocate(LargeBlocks.LEAST + 40, arena);
        MemorySegment segment = matrix.segment();
        assertThat(segment.byteSize()).isEqualTo(LargeBlocks.LEAST + 40);
        assertThat(segment.address() % 64).isZero();
        assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) segment.byteSize()])))
            .isEqualTo(-1);
        segment.fill((byte) 1);
      }
    }
  }

  @Test
  void largeMatricesWhoseEntriesAreNotSetHoldWhatIsWritten() {
    for (int round = 0; round < 3; round++) {
      try (Arena arena = Arena.ofShared()) {
        long columns = LargeBlocks.LEAST / 8 + 5;
        MemorySegment segment =
            OffHeap.allocateUnset(1, columns, ElementType.FLOAT64, arena, "matrix").segment();
        assertThat(segment.byteSize()).isEqualTo(8 * columns);
        assertThat(segment.address() % 64).isZero();
        byte[] written = new byte[(int) segment.byteSize()];
        Arrays.fill(written, (byte) (round + 1));
        segment.copyFrom(MemorySegment.ofArray(written));
        assertThat(segment.mismatch(MemorySegment.ofArray(written))).isEqualTo(-1);
      }
    }
  }

  @Test
  void aClosedMatrixIsGone() {
    Arena arena = Arena.ofShared();
    Matrix matrix = allocate(LargeBlocks.LEAST, arena);
    arena.close();
    assertThatThrownBy(() -> matrix.get(0, 0)).isInstanceOf(IllegalStateException.class);
  }

  /** Otherwise the process would run out of addresses: half its memory, 16,384 times. */
  @Test
  void closingGivesItBack() {
    for (int round = 0; round < 1 << 14; round++) {
      try (Arena arena = Arena.ofConfined()) {
        assertThat(allocate(SystemMemory.total() / 2, arena).rows()).isEqualTo(1);
      }
    }
  }

  /** A solve's blocks serve the next solve, and then go back. */
  @Test
  void whatWasFreedIsUsedAgainWhileMoreIsAskedFor() {
    long large = 2 * LargeBlocks.LEAST;
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      long first = addressOfUsed(large);
      assertThat(LargeBlocks.keptBytes()).isBetween(large, large + 64);
      assertThat(addressOfUsed(large - 4096)).isEqualTo(first);
      // There is no room for both, as it were: the kept block goes back first.
      try (Arena arena = Arena.ofShared()) {
        allocate(2 * large, arena);
        assertThat(LargeBlocks.keptBytes()).isZero();
      }
      assertThat(LargeBlocks.keptBytes()).isPositive();
    }
    assertThat(LargeBlocks.keptBytes()).isZero();
    addressOfUsed(large);
    assertThat(LargeBlocks.keptBytes()).isZero();
  }

  @Test
  void whoEndsTwiceEndsForOneAlone() {
    OffHeap.Keeping one = OffHeap.keepFreed();
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      one.close();
      one.close();
      addressOfUsed(LargeBlocks.LEAST);
      assertThat(LargeBlocks.keptBytes()).isPositive();
    }
    assertThat(LargeBlocks.keptBytes()).isZero();
  }

  /** Where a matrix of zeros was that now is full of ones and closed. */
  private static long addressOfUsed(long bytes) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment segment = allocate(bytes, arena).segment();
      assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
      segment.fill((byte) 1);
      return segment.address();
    }
  }

  private static Matrix allocate(long bytes, Arena arena) {
    return OffHeap.allocateUntouched(1, bytes / 8, ElementType.FLOAT64, arena, "matrix");
  }
}
