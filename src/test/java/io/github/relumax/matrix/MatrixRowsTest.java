package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MatrixRowsTest {
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void rowsAreCopiedInTheOrderAskedFor(ElementType type) {
    Matrix from = Matrix.allocate(5, 3, type);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 3; j++) {
        from.set(i, j, 10 * i + j);
      }
    }
    try (Arena arena = Arena.ofShared()) {
      Matrix rows = from.rows(new int[] {4, 0, 4}, arena);
      assertThat(rows.toArray()).containsExactly(40, 41, 42, 0, 1, 2, 40, 41, 42);
      assertThat(rows.row(1)).containsExactly(0, 1, 2);
      assertThat(rows.get(2, 2)).isEqualTo(42);
      assertThat(rows.segment().byteSize()).isEqualTo(9L * type.bytes());
      assertThat(rows.named("x").segment().address()).isEqualTo(rows.segment().address());
      assertThat(from.rows(new int[0], arena).toArray()).isEmpty();
      Matrix rowsOfRows = rows.rows(new int[] {1}, arena);
      assertThat(rowsOfRows.toArray()).containsExactly(0, 1, 2);
      assertThatThrownBy(() -> rows.set(0, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Memory is taken when an entry is asked for, where there is none here. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void whatIsKnownOfThemTakesNoCopy(ElementType type) {
    Arena closed = Arena.ofShared();
    closed.close();
    Matrix from = Matrix.allocate(5, 3, type).named("A2").withNonZeros(0);
    int[] numbers = {3, 1};
    Matrix rows = from.rows(numbers, closed);
    numbers[0] = 4;
    assertThat(rows).hasToString("rows of A2 (2 x 3 %s)".formatted(type));
    assertThat(rows.nonZeros()).isEqualTo(6);
    Matrix counted = rows.named("some").withNonZeros(0);
    assertThat(counted).hasToString("some (2 x 3 %s)".formatted(type));
    ChosenRows chosen = counted.chosen().orElseThrow();
    assertThat(chosen.whole()).isSameAs(from);
    assertThat(chosen.numbers()).containsExactly(3, 1);
    assertThat(from.chosen()).isEmpty();
    assertThatThrownBy(() -> rows.get(0, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void rowsThatAreNotThereAreRefused() {
    Matrix from = Matrix.allocate(5, 3, ElementType.FLOAT64);
    for (int number : new int[] {-1, 5}) {
      assertThatThrownBy(() -> from.rows(new int[] {0, number}, Arena.ofAuto()))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
