package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.random.Philox;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddingTest {
  private static final Offset<Double> ROUNDING = Offset.offset(1e-12);

  /** S = diag(2, 8, 0.5): the embedding is the identity, columns by falling singular value. */
  @Test
  void ordersByFallingSingularValue() {
    Matrix a2 = Matrix.of(new double[][] {{9, 9, 9, 9}, {2, 0, 0, 9}, {0, 8, 0, 9}, {0, 0, .5, 9}});
    assertThat(Embedding.firstLayer(a2, 1, 3, 2).toArray())
        .containsExactly(new double[] {0, .5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, ROUNDING);
  }

  /** The left singular vectors of [3 0; 4 5] are (1, 3)/√10 and (3, -1)/√10, with √45 and √5. */
  @Test
  void scalesAndSigns() {
    Matrix a2 = Matrix.of(new double[][] {{3, 0, 7}, {4, 5, 7}});
    double second = Math.sqrt(1 / 3.0); // √(√5 / √45)
    assertThat(Embedding.firstLayer(a2, 0, 2, 2).toArray())
        .containsExactly(
            new double[] {
              1 / Math.sqrt(10),
              second * 3 / Math.sqrt(10),
              0,
              3 / Math.sqrt(10),
              second * -1 / Math.sqrt(10),
              0,
              0,
              0,
              1
            },
            ROUNDING);
  }

  @Test
  void roundingDoesNotPickTheSign() {
    Matrix a2 = Matrix.of(new double[][] {{1, 0, 7}, {-1 - 1e-9, 0, 7}});
    assertThat(Embedding.firstLayer(a2, 0, 2, 1).get(0, 0)).isPositive();
  }

  /**
   * Checked by what defines it: UᵀU = I, S Sᵀ U = U diag(s²), s falling, largest entry positive.
   */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 3", "40, 7", "103, 103"})
  void holdsLeftSingularVectors(int n, int d) {
    Matrix a2 = Matrix.of(n, n + 1, normals(n * (n + 1)));
    Matrix a1 = Embedding.firstLayer(a2, 0, n, d);
    double[] share = new double[d]; // s_j / s_0, the squared length of a column
    double previous = 1;
    for (int j = 0; j < d; j++) {
      for (int a = 0; a < n; a++) {
        share[j] += a1.get(a, j) * a1.get(a, j);
      }
      assertThat(share[j]).isLessThanOrEqualTo(previous + 1e-12);
      previous = share[j];
    }
    double[] first = gramTimes(a2, n, a1, 0);
    double s0Squared = norm(first) / Math.sqrt(share[0]);
    for (int j = 0; j < d; j++) {
      for (int k = 0; k < j; k++) {
        double dot = 0;
        for (int a = 0; a < n; a++) {
          dot += a1.get(a, j) * a1.get(a, k);
        }
        assertThat(dot).isCloseTo(0, ROUNDING);
      }
      double[] image = gramTimes(a2, n, a1, j);
      double largest = 0;
      for (int a = 0; a < n; a++) {
        double expected = s0Squared * share[j] * share[j] * a1.get(a, j);
        assertThat(image[a]).isCloseTo(expected, Offset.offset(1e-11 * s0Squared));
        if (Math.abs(a1.get(a, j)) > Math.abs(largest)) {
          largest = a1.get(a, j);
        }
      }
      assertThat(largest).isPositive();
    }
    assertThat(share[0]).isCloseTo(1, ROUNDING);
  }

  @Test
  void saysWhichDimensionTheTextAllows() {
    Matrix rankTwo = Matrix.of(new double[][] {{1, 0, 1, 9}, {0, 1, 1, 9}, {1, 1, 2, 9}});
    assertThat(Embedding.firstLayer(rankTwo, 0, 3, 2).columns()).isEqualTo(3);
    assertThatThrownBy(() -> Embedding.firstLayer(rankTwo, 0, 3, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "--dimension 3: the anchors' embedding has only 2 dimensions: lower --dimension to 2,"
                + " give more text or raise --window");
    Matrix zero = Matrix.of(new double[3][4]);
    assertThatThrownBy(() -> Embedding.firstLayer(zero, 0, 3, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("never near each other");
  }

  @Test
  void saysWhenTheHeapIsTooSmall() {
    assertThatThrownBy(() -> Embedding.requireHeap(2000, 64 << 20))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--anchors 2000")
        .hasMessageContaining("122 MiB of Java heap, 64 MiB are there");
    assertThatThrownBy(() -> Embedding.requireHeap(Integer.MAX_VALUE - 100, Long.MAX_VALUE))
        .isInstanceOf(InvalidInputException.class);
    Embedding.requireHeap(1400, 64 << 20);
  }

  /** S Sᵀ times column j of the embedding. */
  private static double[] gramTimes(Matrix a2, int n, Matrix a1, int j) {
    double[] transposed = new double[n];
    double[] image = new double[n];
    for (int a = 0; a < n; a++) {
      for (int k = 0; k < n; k++) {
        transposed[k] += a2.get(a, k) * a1.get(a, j);
      }
    }
    for (int a = 0; a < n; a++) {
      for (int k = 0; k < n; k++) {
        image[a] += a2.get(a, k) * transposed[k];
      }
    }
    return image;
  }

  private static double norm(double[] v) {
    double sum = 0;
    for (double value : v) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  private static double[] normals(int count) {
    double[] values = new double[count];
    new Philox(3).normals(1, 0, values);
    return values;
  }
}
