package io.github.relumax.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    Matrix to = Matrix.allocate(3, 3, type);
    from.copyRows(new int[] {4, 0, 4}, to);
    assertThat(to.toArray()).containsExactly(40, 41, 42, 0, 1, 2, 40, 41, 42);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Matrix from = Matrix.allocate(5, 3, ElementType.FLOAT64);
    Matrix[] others = {
      Matrix.allocate(1, 3, ElementType.FLOAT64),
      Matrix.allocate(2, 4, ElementType.FLOAT64),
      Matrix.allocate(2, 3, ElementType.FLOAT32)
    };
    for (Matrix to : others) {
      assertThatThrownBy(() -> from.copyRows(new int[] {0, 1}, to))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
