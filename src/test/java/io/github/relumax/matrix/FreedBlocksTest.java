package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.matrix.FreedBlocks.Block;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class FreedBlocksTest {
  private static final Block SMALL = block(100);
  private static final Block MIDDLE = block(140);
  private static final Block LARGE = block(1000);

  private final FreedBlocks freed = new FreedBlocks();

  private static Block block(int bytes) {
    return new Block(MemorySegment.ofArray(new byte[bytes]), () -> {});
  }

  private void keepAll() {
    freed.begin();
    assertThat(freed.keep(MIDDLE)).isTrue();
    assertThat(freed.keep(SMALL)).isTrue();
    assertThat(freed.keep(LARGE)).isTrue();
    assertThat(freed.bytes()).isEqualTo(1240);
  }

  @Test
  void nothingIsKeptForNobody() {
    assertThat(freed.keep(SMALL)).isFalse();
    assertThat(freed.bytes()).isZero();
    assertThat(freed.take(100)).isNull();
  }

  @Test
  void theSmallestThatIsLargeEnoughIsTakenOnce() {
    keepAll();
    assertThat(freed.take(95)).isEqualTo(SMALL);
    assertThat(freed.take(95)).isEqualTo(MIDDLE);
    assertThat(freed.take(95)).isNull();
    assertThat(freed.bytes()).isEqualTo(1000);
  }

  /** Much of a block would be wasted on whoever asks for little. */
  @Test
  void aBlockThatIsMuchLargerIsLeft() {
    keepAll();
    assertThat(freed.take(666)).isNull();
    assertThat(freed.take(667)).isEqualTo(LARGE);
    assertThat(freed.take(141)).isNull();
  }

  @Test
  void whoAsksForLittleDoesNotCostALargeOne() {
    Block huge = block((int) FreedBlocks.LARGE + 1);
    freed.begin();
    assertThat(freed.keep(huge)).isTrue();
    assertThat(freed.keep(SMALL)).isTrue();
    assertThat(freed.giveBack(FreedBlocks.LARGE - 1)).containsExactly(SMALL);
    assertThat(freed.giveBack(FreedBlocks.LARGE)).containsExactly(huge);
  }

  @Test
  void asMuchGoesBackAsIsAskedForTheSmallestFirst() {
    keepAll();
    assertThat(freed.giveBack(100)).containsExactly(SMALL);
    assertThat(freed.giveBack(141)).containsExactly(MIDDLE, LARGE);
    assertThat(freed.giveBack(1)).isEmpty();
    assertThat(freed.bytes()).isZero();
  }

  @Test
  void allGoesBackWhenTheLastOneEnds() {
    keepAll();
    freed.begin();
    assertThat(freed.end()).isEmpty();
    assertThat(freed.end()).containsExactly(SMALL, MIDDLE, LARGE);
    assertThat(freed.keep(SMALL)).isFalse();
  }
}
