package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The product tile, whole and narrow. */
final class TileTest {
  private static final List<Kernels> KERNELS =
      List.of(
          new ScalarKernels(),
          new VectorKernels(VectorKernels.FEW_ROWS),
          new VectorKernels(VectorKernels.MANY_ROWS));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 64, 101})
  void theColumnsThatAreWantedAreThoseOfTheWholeTile(int depth) {
    for (Kernels kernels : KERNELS) {
      int rows = kernels.tileRows();
      int columns = kernels.tileColumns();
      // Both with something between their rows.
      int leftStep = rows + 3;
      int rightStep = columns + 5;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment left = numbers(arena, Math.max(1, depth * leftStep), 1);
        MemorySegment right = numbers(arena, Math.max(1, depth * rightStep), 2);
        MemorySegment out = numbers(arena, rows * columns, 3);
        for (int wanted = 1; wanted <= columns; wanted++) {
          out.fill((byte) -1);
          kernels.tile(
              depth,
              left.address(),
              8L * leftStep,
              right.address(),
              8L * rightStep,
              wanted,
              out.address());
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < wanted; j++) {
              double sum = 0;
              for (int k = 0; k < depth; k++) {
                sum += at(left, k * leftStep + i) * at(right, k * rightStep + j);
              }
              assertThat(at(out, i * columns + j))
                  .as("%d, %d of %d columns", i, j, wanted)
                  .isCloseTo(sum, within(1e-15 * depth));
            }
          }
        }
      }
    }
  }

  /** c = s tile, and c + s tile, for every number of rows and columns; the rest of c stays. */
  @ParameterizedTest
  @ValueSource(doubles = {1, -1, 0.5})
  void whatATileIsAddedToOrStoredOverIsNoMore(double s) {
    for (Kernels kernels : KERNELS) {
      int columns = kernels.tileColumns();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment tile = numbers(arena, kernels.tileRows() * columns, 4);
        int stride = columns + 2;
        int length = kernels.tileRows() * stride;
        for (int rows = 1; rows <= kernels.tileRows(); rows++) {
          for (int width = 1; width <= columns; width++) {
            MemorySegment stored = numbers(arena, length, 5);
            MemorySegment added = numbers(arena, length, 5);
            MemorySegment before = numbers(arena, length, 5);
            kernels.storeTile(s, tile.address(), stored.address(), 8L * stride, rows, width);
            kernels.addTile(s, tile.address(), added.address(), 8L * stride, rows, width);
            for (int e = 0; e < length; e++) {
              int i = e / stride;
              int j = e % stride;
              boolean inside = i < rows && j < width;
              double old = at(before, e);
              double product = inside ? s * at(tile, i * columns + j) : 0;
              assertThat(at(stored, e)).isEqualTo(inside ? product : old);
              assertThat(at(added, e)).isEqualTo(old + product);
            }
          }
        }
      }
    }
  }

  private static double at(MemorySegment numbers, int entry) {
    return numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, entry);
  }

  private static MemorySegment numbers(Arena arena, int count, long seed) {
    MemorySegment numbers = arena.allocate(8L * count, 64);
    Random random = new Random(seed);
    for (int e = 0; e < count; e++) {
      numbers.setAtIndex(ValueLayout.JAVA_DOUBLE, e, random.nextDouble() - 0.5);
    }
    return numbers;
  }
}
