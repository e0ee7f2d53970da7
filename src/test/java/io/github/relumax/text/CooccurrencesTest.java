package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.random.Philox;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CooccurrencesTest {
  /**
   * Words 0, 1, 2; anchors 1 and 2; window 1. The files "0 1 2 1" and "1 0" have the neighbours
   * 0-1, 1-2, 2-1 and 1-0, so
   *
   * <pre>
   *     N = 2 0     N_w = 2     N_a = 4 2     N = 6
   *         0 2           2
   *         2 0           2
   * </pre>
   */
  @Test
  void countsPairsInsideOneFile() {
    Cooccurrences pairs = new Cooccurrences(3, 1, 2, 1);
    add(pairs, 0, 1, 2, 1);
    pairs.startFile();
    add(pairs, 1, 0);
    Matrix a2 = pairs.toPpmi(new double[] {-1, -2, -3});
    assertThat(a2.rows()).isEqualTo(3);
    assertThat(a2.columns()).isEqualTo(3);
    double near1 = Math.log(2 * 6 / (2 * 4.0));
    double near2 = Math.log(2 * 6 / (2 * 2.0));
    assertThat(a2.toArray())
        .containsExactly(
            new double[] {near1, 0, -1, 0, near2, -2, near1, 0, -3}, Offset.offset(1e-15));
  }

  @Test
  void wordsOutsideTheVocabularyAreStillPositions() {
    Cooccurrences pairs = new Cooccurrences(2, 1, 1, 1);
    add(pairs, 0, Vocabulary.OUTSIDE, 1);
    assertThat(pairs.toPpmi(new double[2]).toArray()).containsOnly(0);
  }

  @Test
  void informationBelowZeroBecomesZero() {
    // 0 stands by anchor 1 once and by anchor 2 four times, 3 by anchor 1 four times.
    Cooccurrences pairs = new Cooccurrences(4, 1, 2, 1);
    addPair(pairs, 0, 1, 1);
    addPair(pairs, 0, 2, 4);
    addPair(pairs, 3, 1, 4);
    Matrix a2 = pairs.toPpmi(new double[4]);
    assertThat(a2.get(0, 0)).isZero(); // ln(1 * 9 / (5 * 5)) < 0
    assertThat(a2.get(0, 1)).isCloseTo(Math.log(4 * 9 / (5 * 4.0)), Offset.offset(1e-15));
    assertThat(a2.get(3, 0)).isCloseTo(Math.log(4 * 9 / (4 * 5.0)), Offset.offset(1e-15));
  }

  @Test
  void saysWhichOptionsMakeTheMatrixTooLarge() {
    assertThatThrownBy(() -> new Cooccurrences(1 << 30, 100, 1 << 20, 8))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining("A2 (--vocabulary rows, --anchors and one columns): a 1073741824 x");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "5, 7", "8, 103", "103, 103", "1000, 50"})
  void agreesWithTheDefinition(int window, int length) {
    int words = 9;
    int firstAnchor = 3;
    int anchors = 4;
    int files = 3;
    int[][] text = new int[files][length];
    Cooccurrences pairs = new Cooccurrences(words, firstAnchor, anchors, window);
    for (int file = 0; file < files; file++) {
      pairs.startFile();
      for (int t = 0; t < length; t++) {
        text[file][t] = (int) (10 * new Philox(window).uniform(file, t)) - 1; // -1 to 8
        pairs.add(text[file][t]);
      }
    }
    double[] logs = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    Matrix a2 = pairs.toPpmi(logs);
    double[][] expected = ppmi(text, words, firstAnchor, anchors, window);
    for (int w = 0; w < words; w++) {
      for (int a = 0; a < anchors; a++) {
        assertThat(a2.get(w, a)).isCloseTo(expected[w][a], Offset.offset(1e-14));
      }
      assertThat(a2.get(w, anchors)).isEqualTo(logs[w]);
    }
  }

  /** Every pair of positions, looked at on its own. */
  private static double[][] ppmi(
      int[][] text, int words, int firstAnchor, int anchors, int window) {
    double[][] counts = new double[words][anchors];
    double[] ofWord = new double[words];
    double[] ofAnchor = new double[anchors];
    double all = 0;
    for (int[] file : text) {
      for (int t = 0; t < file.length; t++) {
        for (int s = 0; s < file.length; s++) {
          int a = file[s] - firstAnchor;
          if (t != s && Math.abs(t - s) <= window && file[t] >= 0 && a >= 0 && a < anchors) {
            counts[file[t]][a]++;
            ofWord[file[t]]++;
            ofAnchor[a]++;
            all++;
          }
        }
      }
    }
    for (int w = 0; w < words; w++) {
      for (int a = 0; a < anchors; a++) {
        double joint = counts[w][a] / all;
        double independent = (ofWord[w] / all) * (ofAnchor[a] / all);
        counts[w][a] = joint > 0 ? Math.max(0, Math.log(joint / independent)) : 0;
      }
    }
    return counts;
  }

  private static void add(Cooccurrences pairs, int... words) {
    for (int word : words) {
      pairs.add(word);
    }
  }

  private static void addPair(Cooccurrences pairs, int word, int near, int times) {
    for (int k = 0; k < times; k++) {
      pairs.startFile();
      add(pairs, word, near);
    }
  }
}
