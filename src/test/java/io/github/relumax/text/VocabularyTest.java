package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.model.InvalidInputException;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  @Test
  void ranksByFrequencyThenAlphabet() {
    Vocabulary vocabulary = builder(200, 1 << 20).mostFrequent(102);
    // w000 occurs 5 times, then come words that occur twice, in the order of the alphabet.
    assertThat(vocabulary.words().subList(0, 3)).containsExactly("w000", "w001", "w002");
    assertThat(vocabulary.words()).doesNotHaveDuplicates().hasSize(102);
    assertThat(vocabulary.index("w002")).isEqualTo(2);
    assertThat(vocabulary.index("w101")).isEqualTo(101);
    assertThat(vocabulary.index("w102")).isEqualTo(Vocabulary.OUTSIDE);
  }

  @Test
  void sharesAreOfVocabularyWordsOnly() {
    double[] logs = builder(200, 1 << 20).mostFrequent(102).logProbabilities();
    assertThat(logs[0]).isCloseTo(Math.log(5 / 207.0), Offset.offset(1e-15));
    assertThat(logs[101]).isCloseTo(Math.log(2 / 207.0), Offset.offset(1e-15));
    assertThat(IntStream.range(0, 102).mapToDouble(i -> Math.exp(logs[i])).sum())
        .isCloseTo(1, Offset.offset(1e-14));
  }

  @Test
  void saysHowManyWordsThereAre() {
    assertThatThrownBy(() -> builder(200, 1 << 20).mostFrequent(201))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "the text has 200 distinct words, expected at least --vocabulary 201: give more text,"
                + " or --vocabulary 200 at most (and --anchors 100 at most)");
    assertThatThrownBy(() -> builder(100, 1 << 20).mostFrequent(101))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("the text has 100 distinct words, expected more than 100: give more text");
  }

  @Test
  void stopsBeforeTheHeapIsFull() {
    assertThatThrownBy(() -> builder(200, 100 * 400))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("more than 100 distinct words");
  }

  /** Words w000, w001, ... added last first; the first of them occurs 5 times, the others twice. */
  private static Vocabulary.Builder builder(int distinct, long heapBytes) {
    Vocabulary.Builder builder = new Vocabulary.Builder(heapBytes);
    for (int i = distinct - 1; i >= 0; i--) {
      for (int k = 0; k < (i == 0 ? 5 : 2); k++) {
        builder.add("w%03d".formatted(i));
      }
    }
    return builder;
  }
}
