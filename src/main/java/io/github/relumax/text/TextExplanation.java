package io.github.relumax.text;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a solution of a text problem says in words.
 *
 * @param words the words most raised above their prior, most raised first
 * @param anchors the anchors that matter most, first the one that matters most
 * @param priorActivation the activation of the prior's unit: the solution starts from prior^this,
 *     so 1 is the prior as it is, and 0 leaves every word alike
 */
public record TextExplanation(List<Word> words, List<Anchor> anchors, double priorActivation) {
  /**
   * A word that the solution raises.
   *
   * @param prior its probability p without the anchors: softmax of A2's last column
   * @param fitted its probability f at the solution
   * @param target its share b of the document
   */
  public record Word(String word, double prior, double fitted, double target) {
    /** f ln(f / p), in nats: this word's part of the divergence of f from the prior. */
    public double gain() {
      return fitted > 0 ? fitted * Math.log(fitted / prior) : 0;
    }
  }

  /**
   * An active anchor.
   *
   * @param activation h_a > 0
   * @param lift h_a Σ_w (f_w - p_w) A2_wa, in nats: how much more this anchor adds to the logit of
   *     a word drawn from the solution than to one drawn from the prior
   */
  public record Anchor(String anchor, double activation, double lift) {}

  public TextExplanation {
    words = List.copyOf(words);
    anchors = List.copyOf(anchors);
  }

  /**
   * Explains a solution. Reads A2 once.
   *
   * @param a2 of the problem (m x (n + 1))
   * @param activations z1 or h = relu(z1) at the solution (n + 1)
   * @param f the fitted distribution at the solution (m)
   * @param b the target (m)
   * @param top how many words and anchors to list at most; fewer when fewer are raised or active
   * @throws InvalidInputException if the labels do not fit A2
   * @throws IllegalArgumentException if a vector does not fit A2
   */
  public static TextExplanation of(
      TextLabels labels, Matrix a2, double[] activations, double[] f, double[] b, int top) {
    int m = labels.words().size();
    int n = labels.anchors().size();
    if (a2.rows() != m || a2.columns() != n + 1L) {
      throw new InvalidInputException(
          "%s: %d x %d, expected %d x %d for %d words, %d anchors and the prior"
              .formatted(a2.name(), a2.rows(), a2.columns(), m, n + 1L, m, n));
    }
    if (activations.length != n + 1 || f.length != m || b.length != m) {
      throw new IllegalArgumentException(
          "%d activations, %d fitted and %d target values, expected %d, %d and %d"
              .formatted(activations.length, f.length, b.length, n + 1, m, m));
    }
    double[] prior = prior(a2);
    List<Word> words =
        IntStream.range(0, m)
            .mapToObj(i -> new Word(labels.words().get(i), prior[i], f[i], b[i]))
            .filter(word -> word.gain() > 0)
            .sorted(Comparator.comparingDouble(Word::gain).reversed())
            .limit(top)
            .toList();
    double[] raised = new double[m];
    Arrays.setAll(raised, i -> f[i] - prior[i]);
    double[] weights = transposeTimes(a2, raised);
    List<Anchor> anchors =
        IntStream.range(0, n)
            .filter(a -> activations[a] > 0)
            .mapToObj(a ->
                new Anchor(labels.anchors().get(a), activations[a], activations[a] * weights[a]))
            .sorted(Comparator.comparingDouble(Anchor::lift).reversed())
            .limit(top)
            .toList();
    return new TextExplanation(words, anchors, Math.max(0, activations[n]));
  }

  /** softmax of the last column. */
  private static double[] prior(Matrix a2) {
    double[] p = new double[(int) a2.rows()];
    Arrays.setAll(p, i -> a2.get(i, a2.columns() - 1));
    double max = Arrays.stream(p).max().orElseThrow();
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(p[i] - max);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  private static double[] transposeTimes(Matrix matrix, double[] v) {
    double[] product = new double[(int) matrix.columns()];
    for (int i = 0; i < v.length; i++) {
      for (int j = 0; j < product.length; j++) {
        product[j] += v[i] * matrix.get(i, j);
      }
    }
    return product;
  }
}
