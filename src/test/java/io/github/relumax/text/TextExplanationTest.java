package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.text.TextExplanation.Anchor;
import io.github.relumax.text.TextExplanation.Word;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TextExplanationTest {
  private static final Offset<Double> ROUNDING = Offset.offset(1e-14);
  private static final TextLabels LABELS =
      new TextLabels(List.of("sea", "tree", "boat", "net"), List.of("wave", "leaf", "sail"));

  /** The prior is (1/2, 1/4, 1/8, 1/8); the last column is off by a constant, as softmax allows. */
  private static final Matrix A2 =
      Matrix.of(
          new double[][] {
            {1, 0, 1, 3 + Math.log(4)},
            {0, 2, 0, 3 + Math.log(2)},
            {1, 0, 4, 3},
            {0, 0, 2, 3},
          });

  private static final double[] F = {0.25, 0.15, 0.5, 0.1};
  private static final double[] B = {0.2, 0.1, 0.6, 0.1};

  @Test
  void ranksWordsByTheirPartOfTheDivergence() {
    TextExplanation explanation = explain(new double[] {1, 1, 1, 1}, F, 10);
    assertThat(explanation.words()).hasSize(1);
    Word boat = explanation.words().getFirst();
    assertThat(boat.word()).isEqualTo("boat");
    assertThat(boat.prior()).isCloseTo(0.125, ROUNDING);
    assertThat(boat.fitted()).isEqualTo(0.5);
    assertThat(boat.target()).isEqualTo(0.6);
    assertThat(boat.gain()).isCloseTo(0.5 * Math.log(4), ROUNDING);

    // tree doubles (1/2 ln 2), net grows 1.6-fold (1/5 ln 1.6), boat 1.2-fold (3/20 ln 1.2)
    double[] f = {0.15, 0.5, 0.15, 0.2};
    assertThat(explain(new double[4], f, 10).words())
        .extracting(Word::word)
        .containsExactly("tree", "net", "boat");
    assertThat(explain(new double[4], f, 2).words())
        .extracting(Word::word)
        .containsExactly("tree", "net");
  }

  /** f - p = (-1/4, -1/10, 3/8, -1/40), so the columns weigh 1/8, -1/5 and 6/5. */
  @Test
  void ranksActiveAnchorsByTheirLift() {
    TextExplanation explanation = explain(new double[] {16, 1, 1, 0.5}, F, 10);
    assertThat(explanation.anchors())
        .extracting(Anchor::anchor)
        .containsExactly("wave", "sail", "leaf");
    assertThat(explanation.anchors().stream().mapToDouble(Anchor::lift).toArray())
        .containsExactly(new double[] {2, 1.2, -0.2}, ROUNDING);
    assertThat(explanation.anchors())
        .extracting(Anchor::activation)
        .containsExactly(16.0, 1.0, 1.0);
    assertThat(explanation.priorActivation()).isEqualTo(0.5);
    assertThat(explain(new double[] {16, 1, 1, 0.5}, F, 1).anchors()).hasSize(1);
  }

  @Test
  void takesPreActivationsToo() {
    TextExplanation explanation = explain(new double[] {-3, 0, 2, -0.5}, F, 10);
    assertThat(explanation.anchors()).extracting(Anchor::anchor).containsExactly("sail");
    assertThat(explanation.priorActivation()).isZero();
  }

  @Test
  void aWordWithoutProbabilityIsNotRaised() {
    assertThat(explain(new double[4], new double[] {0, 0, 1, 0}, 10).words())
        .extracting(Word::word)
        .containsExactly("boat");
  }

  @Test
  void rejectsWhatDoesNotFit() {
    Matrix narrow = Matrix.of(new double[4][3]).named("a2.npy");
    assertThatThrownBy(() -> TextExplanation.of(LABELS, narrow, new double[3], F, B, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("a2.npy: 4 x 3, expected 4 x 4 for 4 words, 3 anchors and the prior");
    assertThatThrownBy(() -> explain(new double[3], F, 3))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> explain(new double[4], new double[5], 3))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static TextExplanation explain(double[] activations, double[] f, int top) {
    return TextExplanation.of(LABELS, A2, activations, f, B, top);
  }
}
