package io.github.relumax.text;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.random.Philox;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Explains the words of one document by anchor words: a softmax-ReLU regression made from plain
 * text. docs/text.md derives it. With m vocabulary words, n anchors and d dimensions,
 *
 * @param a1 the anchors' embedding and the prior's unit, block diagonal ((n + 1) x (d + 1)); see
 *     {@code Embedding}
 * @param a2 the mutual information of word and anchor, and ln(unigram probability) as the last
 *     column (m x (n + 1)); see {@code Cooccurrences}
 * @param b the document's words: b_i is the share of word i in the document's occurrences of
 *     vocabulary words (m)
 * @param x0 a start at which softmax(A2 relu(A1 x0)) is close to the unigram distribution: 1 for
 *     the prior, small random numbers for the rest (d + 1)
 * @param words the vocabulary, most frequent first (m)
 * @param anchors the words {@link TextOptions#SKIPPED} to SKIPPED + n of it (n)
 */
public record TextProblem(
    Matrix a1, Matrix a2, double[] b, double[] x0, List<String> words, List<String> anchors) {
  /** The standard deviation of the random part of x0. */
  private static final double START_SCALE = 0.01;

  private static final int START_STREAM = 100;

  /**
   * Reads the files twice and builds the problem. Takes m (n + 1) float64 outside the Java heap,
   * and on it a few n x n matrices and the distinct words.
   *
   * @param files the text that tells which words there are and which stand near which; pairs do not
   *     cross from one file to the next. A file given twice counts twice
   * @param document the text to explain; it need not be one of the files
   * @throws InvalidInputException if a file cannot be read, is empty or is not UTF-8 text, if there
   *     are fewer distinct words than the options ask for, if the document holds none of the
   *     vocabulary, or if there is not enough memory
   */
  public static TextProblem build(
      List<Path> files, Path document, TextOptions options, TextProgress progress) {
    if (files.isEmpty()) {
      throw new InvalidInputException("no text files given, expected at least one");
    }
    long heap = Runtime.getRuntime().maxMemory();
    Embedding.requireHeap(options.anchors(), heap);
    TextFile.size(document);

    Corpus corpus = new Corpus(files, options.tagged(), progress);
    Vocabulary.Builder counts = new Vocabulary.Builder(heap);
    corpus.read("counting words", () -> {}, counts::add);
    Vocabulary vocabulary = counts.mostFrequent(options.vocabulary());
    double[] b = distribution(document, options.tagged(), vocabulary);

    Cooccurrences pairs =
        new Cooccurrences(
            options.vocabulary(), TextOptions.SKIPPED, options.anchors(), options.window());
    corpus.read("counting pairs", pairs::startFile, word -> pairs.add(vocabulary.index(word)));
    Matrix a2 = pairs.toPpmi(vocabulary.logProbabilities());

    progress.report("embedding anchors", 0);
    Matrix a1 =
        Embedding.firstLayer(a2, TextOptions.SKIPPED, options.anchors(), options.dimension());
    progress.report("embedding anchors", 1);

    List<String> words = vocabulary.words();
    List<String> anchors =
        List.copyOf(words.subList(TextOptions.SKIPPED, TextOptions.SKIPPED + options.anchors()));
    return new TextProblem(a1, a2, b, start(options), words, anchors);
  }

  /** The regression, without regulariser and constraint. */
  public Problem problem() {
    return Problem.of(a1, a2, b);
  }

  /** What the rows and columns of A2 stand for. */
  public TextLabels labels() {
    return new TextLabels(words, anchors);
  }

  /** The files that go beside the problem in its folder: their names and lines. */
  public Map<String, List<String>> textFiles() {
    return Map.of(TextLabels.WORDS_FILE, words, TextLabels.ANCHORS_FILE, anchors);
  }

  private static double[] distribution(Path document, boolean tagged, Vocabulary vocabulary) {
    double[] shares = new double[vocabulary.size()];
    TextFile.read(
        document,
        tagged,
        word -> {
          int index = vocabulary.index(word);
          if (index != Vocabulary.OUTSIDE) {
            shares[index]++;
          }
        },
        bytes -> {});
    double total = 0;
    for (double count : shares) {
      total += count;
    }
    if (total == 0) {
      throw new InvalidInputException(
          "%s: none of its words is among the %d of the vocabulary, expected at least one"
              .formatted(document, shares.length));
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= total;
    }
    return shares;
  }

  private static double[] start(TextOptions options) {
    double[] x = new double[options.dimension() + 1];
    new Philox(options.seed()).normals(START_STREAM, 0, x);
    for (int k = 0; k < options.dimension(); k++) {
      x[k] *= START_SCALE;
    }
    x[options.dimension()] = 1;
    return x;
  }
}
