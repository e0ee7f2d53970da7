package io.github.relumax.text;

import io.github.relumax.model.InvalidInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The m most frequent words of a text, most frequent first, ties in alphabetical order (of UTF-16
 * code units). Word i has index i.
 */
final class Vocabulary {
  /** The index of a word that is not in the vocabulary. */
  static final int OUTSIDE = -1;

  private final List<String> words;
  private final long[] counts;
  private final Map<String, Integer> indices;

  private Vocabulary(List<String> words, long[] counts) {
    this.words = words;
    this.counts = counts;
    this.indices = HashMap.newHashMap(words.size());
    for (int i = 0; i < counts.length; i++) {
      indices.put(words.get(i), i);
    }
  }

  List<String> words() {
    return words;
  }

  /** How many words there are (m). */
  int size() {
    return counts.length;
  }

  /** The index of a word, or {@link #OUTSIDE}. */
  int index(String word) {
    return indices.getOrDefault(word, OUTSIDE);
  }

  /**
   * ln p_i, p_i the share of word i in the occurrences of all vocabulary words. These shares sum to
   * 1, so softmax(ln p) = p.
   */
  double[] logProbabilities() {
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    double[] logs = new double[counts.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = StrictMath.log(counts[i] / total);
    }
    return logs;
  }

  /** Counts words until the vocabulary is chosen. */
  static final class Builder {
    /** Heap that one distinct word may take: about three times what it does. */
    private static final long BYTES_PER_WORD = 400;

    private final Map<String, Count> counts = new HashMap<>();
    private final long maxWords;

    Builder(long heapBytes) {
      maxWords = heapBytes / BYTES_PER_WORD;
    }

    /**
     * @throws InvalidInputException if there are more distinct words than the heap can hold
     */
    void add(String word) {
      Count count = counts.get(word);
      if (count == null) {
        if (counts.size() >= maxWords) {
          throw new InvalidInputException(
              "the text has more than %d distinct words, which is all that the Java heap holds:"
                      .formatted(maxWords)
                  + " give less text, or more heap (-Xmx)");
        }
        count = new Count(word);
        counts.put(word, count);
      }
      count.occurrences++;
    }

    /**
     * The vocabulary of the {@code size} most frequent words.
     *
     * @throws InvalidInputException if there are fewer distinct words
     */
    Vocabulary mostFrequent(int size) {
      int distinct = counts.size();
      if (distinct <= TextOptions.SKIPPED) {
        throw new InvalidInputException(
            "the text has %d distinct words, expected more than %d: give more text"
                .formatted(distinct, TextOptions.SKIPPED));
      }
      if (distinct < size) {
        throw new InvalidInputException(
            "the text has %d distinct words, expected at least --vocabulary %d: give more text, or"
                    .formatted(distinct, size)
                + " --vocabulary %d at most (and --anchors %d at most)"
                    .formatted(distinct, distinct - TextOptions.SKIPPED));
      }
      List<Count> ranked = new ArrayList<>(counts.values());
      ranked.sort(null);
      List<String> words = new ArrayList<>(size);
      long[] occurrences = new long[size];
      for (int i = 0; i < size; i++) {
        words.add(ranked.get(i).word);
        occurrences[i] = ranked.get(i).occurrences;
      }
      return new Vocabulary(List.copyOf(words), occurrences);
    }
  }

  private static final class Count implements Comparable<Count> {
    final String word;
    long occurrences;

    Count(String word) {
      this.word = word;
    }

    /** By rank: the more frequent word first, ties in alphabetical order. */
    @Override
    public int compareTo(Count other) {
      return occurrences == other.occurrences
          ? word.compareTo(other.word)
          : Long.compare(other.occurrences, occurrences);
    }
  }
}
