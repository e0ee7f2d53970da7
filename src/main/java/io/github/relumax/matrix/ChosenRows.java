package io.github.relumax.matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * Rows of a matrix, in any order, each as often as it is named: what a matrix from {@link
 * Matrix#rows} is made of. They are copied when somebody first wants their entries. Who has the
 * whole matrix in another form may take them from there instead.
 */
public final class ChosenRows {
  private final Matrix whole;
  private final int[] numbers;
  private final Arena arena;

  /** Null until it is wanted. */
  private MemorySegment copy;

  ChosenRows(Matrix whole, int[] numbers, Arena arena) {
    this.whole = whole;
    this.numbers = numbers;
    this.arena = arena;
  }

  /** The matrix whose rows they are. */
  public Matrix whole() {
    return whole;
  }

  /** The number there of each. */
  public int[] numbers() {
    return numbers.clone();
  }

  /** The copy, made on all cores. It is read-only, as whoever reads the whole does not see it. */
  synchronized MemorySegment copy(String name) {
    if (copy == null) {
      long columns = whole.columns();
      Matrix to = OffHeap.allocateUnset(numbers.length, columns, whole.type(), arena, name);
      MemorySegment from = whole.segment();
      long bytes = Matrix.bytes(1, columns, whole.type());
      IntStream.range(0, numbers.length)
          .parallel()
          .forEach(k ->
              MemorySegment.copy(
                  from, whole.offset(numbers[k], 0), to.segment(), k * bytes, bytes));
      copy = to.segment().asReadOnly();
    }
    return copy;
  }
}
