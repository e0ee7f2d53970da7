package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Nothing here uses the pages of what is large, so that it takes no memory. */
final class ZeroPagesTest {
  @Test
  void largeMatricesAreZerosWherePagesWereUsedBefore() {
    for (int round = 0; round < 3; round++) {
      try (Arena arena = Arena.ofShared()) {
        Matrix matrix = allocate(ZeroPages.LEAST + 40, arena);
        MemorySegment segment = matrix.segment();
        assertThat(segment.byteSize()).isEqualTo(ZeroPages.LEAST + 40);
        assertThat(segment.address() % 64).isZero();
        assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) segment.byteSize()])))
            .isEqualTo(-1);
        segment.fill((byte) 1);
      }
    }
  }

  @Test
  void aClosedMatrixIsGone() {
    Arena arena = Arena.ofShared();
    Matrix matrix = allocate(ZeroPages.LEAST, arena);
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

  private static Matrix allocate(long bytes, Arena arena) {
    return OffHeap.allocateUntouched(1, bytes / 8, ElementType.FLOAT64, arena, "matrix");
  }
}
