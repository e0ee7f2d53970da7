package io.github.relumax.text;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * How often each vocabulary word stands near each anchor, and what that tells.
 *
 * <p>N_wa is the number of pairs (position of w, another position of a) of one file that are at
 * most {@code window} positions apart, on either side. Every word of the file is a position, words
 * outside the vocabulary too. Anchor a is the vocabulary word {@code firstAnchor + a}.
 *
 * <p>Counts are kept as float64 in the first n columns of the matrix (m x (n + 1)) that they
 * become, where they are exact up to 2⁵³.
 */
final class Cooccurrences {
  private final Matrix counts;
  private final int firstAnchor;
  private final int anchors;

  /** The indices of the last words: the word at position t is in slot t mod window. */
  private final int[] recent;

  private int slot;

  /**
   * @throws io.github.relumax.matrix.InsufficientMemoryException if there is not enough memory
   */
  Cooccurrences(int words, int firstAnchor, int anchors, int window) {
    this.counts =
        OffHeap.allocate(
                words,
                anchors + 1L,
                ElementType.FLOAT64,
                Arena.ofAuto(),
                "A2 (--vocabulary rows, --anchors and one columns)")
            .named("A2");
    this.firstAnchor = firstAnchor;
    this.anchors = anchors;
    this.recent = new int[window];
    startFile();
  }

  /** No pair has one word before and one after this call. */
  void startFile() {
    Arrays.fill(recent, Vocabulary.OUTSIDE);
    slot = 0;
  }

  /** The next position holds the word with this index, or {@link Vocabulary#OUTSIDE}. */
  void add(int word) {
    if (word != Vocabulary.OUTSIDE) {
      for (int other : recent) {
        if (other != Vocabulary.OUTSIDE) {
          count(word, other);
          count(other, word);
        }
      }
    }
    recent[slot] = word;
    slot = slot + 1 == recent.length ? 0 : slot + 1;
  }

  private void count(int word, int near) {
    int anchor = near - firstAnchor;
    if (anchor >= 0 && anchor < anchors) {
      MemorySegment entries = counts.segment();
      long offset = counts.offset(word, anchor);
      entries.set(Matrix.F64, offset, entries.get(Matrix.F64, offset) + 1);
    }
  }

  /**
   * Turns the counts into positive pointwise mutual information, in place, and sets the last
   * column:
   *
   * <pre>
   *     A2_wa = max(0, ln(N_wa N / (N_w N_a))),   N_w = Σ_a N_wa,  N_a = Σ_w N_wa,  N = Σ_w N_w
   * </pre>
   *
   * and 0 where N_wa = 0. This object is used up.
   */
  Matrix toPpmi(double[] lastColumn) {
    int words = (int) counts.rows();
    MemorySegment entries = counts.segment();
    double[] wordSums = new double[words];
    double[] anchorSums = new double[anchors];
    double total = 0;
    for (int w = 0; w < words; w++) {
      for (int a = 0; a < anchors; a++) {
        double count = entries.get(Matrix.F64, counts.offset(w, a));
        wordSums[w] += count;
        anchorSums[a] += count;
      }
      total += wordSums[w];
    }
    for (int w = 0; w < words; w++) {
      for (int a = 0; a < anchors; a++) {
        long offset = counts.offset(w, a);
        double count = entries.get(Matrix.F64, offset);
        if (count > 0) {
          double information = StrictMath.log(count * total / (wordSums[w] * anchorSums[a]));
          entries.set(Matrix.F64, offset, Math.max(0, information));
        }
      }
      entries.set(Matrix.F64, counts.offset(w, anchors), lastColumn[w]);
    }
    return counts;
  }
}
