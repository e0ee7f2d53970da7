package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordSplitterTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "The cat sat.|the cat sat",
        "don't, DON’T|don't don't",
        "'tis the dogs' well-known --quay--|tis the dogs well-known quay",
        "non‑breaking and true‐hyphen|non-breaking and true-hyphen",
        "a--b it's...over|a b it's over",
        "rock-'n'-roll|rock n roll",
        "U.S. and e.g. this.|u.s and e.g this",
        "1960s b-52 13/16-inch 41 ½cup x² v2.0 six|six",
        "well-2 2-well a.1|``",
        "snake_case a+b (c)|snake case a b c",
        "Ärger ÉCOLE naïve Ωμέγα Москва|ärger école naïve ωμέγα москва",
        "hy\u00adphen\u00adated|hyphenated",
        "cafe\u0301 \u0301start|café start",
        "ΟΔΟΣ|οδο\u03C2",
        "\uFEFFmark|mark",
        "x\uD801\uDC00y|x\uD801\uDC28y",
        "٣ أب|أب",
      })
  void splitsTextIntoWords(String text, String words) {
    assertThat(String.join(" ", split(text))).isEqualTo(words);
  }

  @Test
  void dropsRunsThatAreTooLongForWords() {
    String longest = "x".repeat(WordSplitter.MAX_LENGTH);
    assertThat(split("a " + longest + " " + longest + "x b")).containsExactly("a", longest, "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "The/at Fulton/np-tl said/vbd|the fulton said",
        "Atlanta's/np$ ``/`` ''/'' ./. ,/,|atlanta's",
        "and/or/cc mg/l/nn //in|and or mg l",
        "plain and/cc mixed|plain and mixed",
        "/at only/|only",
      })
  void stripsTags(String text, String words) {
    assertThat(String.join(" ", splitTagged(text))).isEqualTo(words);
  }

  @Test
  void anyWhiteSpacePartsTaggedTokens() {
    assertThat(splitTagged("term-end/nns\tU.S./np\r\nit/pps  was/bedz"))
        .containsExactly("term-end", "u.s", "it", "was");
  }

  @Test
  void dropsTokensThatAreTooLongForTags() {
    String tag = "/" + "t".repeat(TagStripper.MAX_LENGTH - 2);
    assertThat(splitTagged("a" + tag + " b" + tag + "t c/" + tag + " d/x"))
        .containsExactly("a", "d");
  }

  private static List<String> split(String text) {
    List<String> words = new ArrayList<>();
    feed(text, new WordSplitter(words::add));
    return words;
  }

  private static List<String> splitTagged(String text) {
    List<String> words = new ArrayList<>();
    feed(text, new TagStripper(new WordSplitter(words::add)));
    return words;
  }

  private static void feed(String text, IntConsumer input) {
    text.codePoints().forEach(input);
    input.accept('\n');
  }
}
