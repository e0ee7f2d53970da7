package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WorkspaceTest {
  private static final long LARGE = LargeBlocks.LEAST;
  private static final long SMALL = 4096;

  @ParameterizedTest
  @ValueSource(longs = {8, SMALL + 40, LARGE + 40})
  void workspacesAreZerosWhereOthersWereBefore(long bytes) {
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      for (int round = 0; round < 3; round++) {
        try (Workspace workspace = zeros(bytes)) {
          MemorySegment memory = workspace.memory();
          assertThat(memory.byteSize()).isEqualTo(bytes);
          assertThat(memory.address() % 64).isZero();
          assertThat(memory.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
          memory.fill((byte) 1);
        }
      }
    }
  }

  @Test
  void unsetOnesHoldWhatIsWritten() {
    for (int round = 0; round < 3; round++) {
      long columns = LARGE / 8 + 5;
      try (Workspace workspace = OffHeap.unsetWorkspace(1, columns, "matrix");
          Arena arena = Arena.ofShared()) {
        holds(workspace.memory(), 8 * columns, round);
        Matrix matrix = OffHeap.allocateUnset(1, columns, ElementType.FLOAT64, arena, "matrix");
        holds(matrix.segment(), 8 * columns, round);
      }
    }
  }

  private static void holds(MemorySegment memory, long bytes, int round) {
    assertThat(memory.byteSize()).isEqualTo(bytes);
    assertThat(memory.address() % 64).isZero();
    byte[] written = new byte[(int) bytes];
    Arrays.fill(written, (byte) (round + 1));
    memory.copyFrom(MemorySegment.ofArray(written));
    assertThat(memory.mismatch(MemorySegment.ofArray(written))).isEqualTo(-1);
  }

  @Test
  void aClosedOneIsGone() {
    Workspace workspace = zeros(SMALL);
    workspace.close();
    assertThatThrownBy(workspace::memory).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> workspace.view(() -> {})).isInstanceOf(IllegalStateException.class);
    Arena arena = Arena.ofShared();
    Matrix matrix = OffHeap.allocateUnset(1, LARGE / 8, ElementType.FLOAT64, arena, "matrix");
    arena.close();
    assertThatThrownBy(() -> matrix.get(0, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aViewEndsByItself() {
    AtomicInteger closed = new AtomicInteger();
    try (Workspace workspace = zeros(SMALL)) {
      Workspace view = workspace.view(closed::incrementAndGet);
      assertThat(view.memory()).isEqualTo(workspace.memory());
      view.close();
      view.close();
      assertThat(closed).hasValue(1);
      assertThatThrownBy(view::memory).isInstanceOf(IllegalStateException.class);
      workspace.memory().fill((byte) 1);
    }
  }

  /** Otherwise somebody else would get memory that is still in use. */
  @Test
  void closingTwiceGivesBackOnce() {
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      Workspace workspace = zeros(SMALL);
      workspace.close();
      workspace.close();
      assertThat(Blocks.keptBytes()).isEqualTo(SMALL);
    }
  }

  /** Otherwise the process would run out of addresses: half its memory, 16,384 times. */
  @Test
  void closingGivesItBack() {
    for (int round = 0; round < 1 << 14; round++) {
      try (Workspace workspace = zeros(SystemMemory.total() / 2)) {
        workspace.requireOpen();
      }
    }
  }

  /** A solve's memory serves the next solve, and then goes back. */
  @ParameterizedTest
  @ValueSource(longs = {2 * SMALL, 2 * LARGE})
  void whatWasFreedIsUsedAgainWhileMoreIsAskedFor(long bytes) {
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      long first = addressOfUsed(bytes);
      assertThat(Blocks.keptBytes()).isEqualTo(bytes);
      assertThat(addressOfUsed(bytes - 1024)).isEqualTo(first);
      // There is no room for both, as it were: the kept one goes back first.
      try (Workspace workspace = zeros(2 * bytes)) {
        workspace.requireOpen();
        assertThat(Blocks.keptBytes()).isZero();
      }
      assertThat(Blocks.keptBytes()).isPositive();
    }
    assertThat(Blocks.keptBytes()).isZero();
    addressOfUsed(bytes);
    assertThat(Blocks.keptBytes()).isZero();
  }

  @Test
  void whoEndsTwiceEndsForOneAlone() {
    OffHeap.Keeping one = OffHeap.keepFreed();
    try (OffHeap.Keeping _ = OffHeap.keepFreed()) {
      one.close();
      one.close();
      addressOfUsed(SMALL);
      assertThat(Blocks.keptBytes()).isPositive();
    }
    assertThat(Blocks.keptBytes()).isZero();
  }

  /** Where one of zeros was that now is full of ones and closed. */
  private static long addressOfUsed(long bytes) {
    try (Workspace workspace = zeros(bytes)) {
      MemorySegment memory = workspace.memory();
      assertThat(memory.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
      memory.fill((byte) 1);
      return memory.address();
    }
  }

  private static Workspace zeros(long bytes) {
    return OffHeap.workspace(1, bytes / 8, "matrix");
  }
}
