package io.github.relumax.text;

import io.github.relumax.model.InvalidInputException;

/**
 * The sizes of a text problem.
 *
 * @param vocabulary m, the number of words that are explained: the most frequent ones
 * @param anchors n, the number of words that explain: the most frequent ones after the {@link
 *     #SKIPPED} most frequent. At most vocabulary - {@link #SKIPPED}
 * @param dimension d, the length of an anchor's embedding. At most anchors
 * @param window how many words away an anchor may be to count as near a word, from 1 to {@link
 *     #MAX_WINDOW}
 * @param tagged whether the files hold word/tag tokens, whose tags are stripped
 * @param seed of the random start x0
 */
public record TextOptions(
    int vocabulary, int anchors, int dimension, int window, boolean tagged, long seed) {
  /** The most frequent words, which are mostly function words, are no anchors. */
  public static final int SKIPPED = 100;

  /** The widest window. */
  public static final int MAX_WINDOW = 1000;

  /** Sizes for a corpus of about a million words. */
  public static final TextOptions DEFAULTS = new TextOptions(12_000, 1_500, 150, 8, false, 1);

  /**
   * @throws InvalidInputException if a size is out of its range
   */
  public TextOptions {
    requireSize("--anchors", anchors, 1, Integer.MAX_VALUE - SKIPPED, "the largest");
    requireSize(
        "--vocabulary",
        vocabulary,
        anchors + SKIPPED,
        Integer.MAX_VALUE - 8,
        "anchors are taken from the vocabulary, after its " + SKIPPED + " most frequent words");
    requireSize("--dimension", dimension, 1, anchors, "the number of anchors");
    requireSize("--window", window, 1, MAX_WINDOW, "the widest");
  }

  public TextOptions withVocabulary(int newVocabulary) {
    return new TextOptions(newVocabulary, anchors, dimension, window, tagged, seed);
  }

  public TextOptions withAnchors(int newAnchors) {
    return new TextOptions(vocabulary, newAnchors, dimension, window, tagged, seed);
  }

  public TextOptions withDimension(int newDimension) {
    return new TextOptions(vocabulary, anchors, newDimension, window, tagged, seed);
  }

  public TextOptions withWindow(int newWindow) {
    return new TextOptions(vocabulary, anchors, dimension, newWindow, tagged, seed);
  }

  public TextOptions withTagged(boolean newTagged) {
    return new TextOptions(vocabulary, anchors, dimension, window, newTagged, seed);
  }

  public TextOptions withSeed(long newSeed) {
    return new TextOptions(vocabulary, anchors, dimension, window, tagged, newSeed);
  }

  private static void requireSize(String option, int value, int min, int max, String why) {
    if (value < min || value > max) {
      throw new InvalidInputException(
          "%s %d: expected %d to %d (%s)".formatted(option, value, min, max, why));
    }
  }
}
