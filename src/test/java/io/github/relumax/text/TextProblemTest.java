package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The expected numbers come from make_fixture.py, beside the texts. */
class TextProblemTest {
  private static final TextOptions OPTIONS = new TextOptions(140, 30, 4, 10, false, 7);
  private static final List<Path> FILES = List.of(file("harbour.txt"), file("orchard.txt"));
  private static final Path LETTER = file("letter.txt");
  private static final Offset<Double> ROUNDING = Offset.offset(1e-12);

  @TempDir Path directory;

  @Test
  void agreesWithNumPy() throws IOException {
    TextProblem text = build(FILES, LETTER, OPTIONS);
    assertEqual(text.a1(), "a1.csv");
    assertEqual(text.a2(), "a2.csv");
    assertThat(text.b()).containsExactly(numbers("b.csv")[0], ROUNDING);
    assertThat(text.anchors())
        .containsExactly(Files.readString(file("anchors.csv")).strip().split(","));
    assertThat(text.words().subList(0, 4)).containsExactly("the", "and", "a", "he");
    assertThat(text.problem().m()).isEqualTo(140);
    assertThat(text.problem().n()).isEqualTo(31);
    assertThat(text.problem().d()).isEqualTo(5);
    assertThat(text.textFiles())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("words.txt", text.words(), "anchors.txt", text.anchors()));
    assertThat(text.labels()).isEqualTo(new TextLabels(text.words(), text.anchors()));
  }

  @Test
  void comesBackFromItsFolder() {
    TextProblem text = build(FILES, LETTER, OPTIONS);
    Path folder = directory.resolve("problem");
    ProblemDirectory.create(
        folder, text.problem(), Optional.of(text.x0()), Optional.empty(), text.textFiles());
    ProblemDirectory stored = ProblemDirectory.open(folder);
    assertThat(stored.problem().a2().toArray()).isEqualTo(text.a2().toArray());
    assertThat(stored.x0()).contains(text.x0());
    assertThat(TextLabels.read(folder, stored.problem().m(), stored.problem().n()))
        .contains(text.labels());
  }

  /** relu(A1 e_d) is 1 for the prior's unit alone, and x0 is near e_d. */
  @Test
  void startsAtThePrior() {
    TextProblem text = build(FILES, LETTER, OPTIONS);
    double[] x0 = text.x0();
    assertThat(x0).hasSize(5);
    assertThat(x0[4]).isEqualTo(1);
    double largest = Arrays.stream(x0, 0, 4).map(Math::abs).max().orElseThrow();
    assertThat(largest).isBetween(0.001, 0.04);
    assertThat(build(FILES, LETTER, OPTIONS).x0()).isEqualTo(x0);
    assertThat(build(FILES, LETTER, OPTIONS.withSeed(8)).x0()[0]).isNotEqualTo(x0[0]);
  }

  @Test
  void tagsMakeNoDifferenceOnceStripped() throws IOException {
    List<Path> tagged = new ArrayList<>();
    for (Path file : FILES) {
      String text = Files.readString(file).replaceAll("(\\S+)", "$1/np-tl");
      tagged.add(Files.writeString(directory.resolve(file.getFileName()), text));
    }
    Path letter =
        Files.writeString(
            directory.resolve("letter"), Files.readString(LETTER).replaceAll("(\\S+)", "$1/x"));
    TextProblem plain = build(FILES, LETTER, OPTIONS);
    TextProblem stripped = build(tagged, letter, OPTIONS.withTagged(true));
    assertThat(stripped.words()).isEqualTo(plain.words());
    assertThat(stripped.a1().toArray()).isEqualTo(plain.a1().toArray());
    assertThat(stripped.a2().toArray()).isEqualTo(plain.a2().toArray());
    assertThat(stripped.b()).isEqualTo(plain.b());
  }

  @Test
  void pairsDoNotCrossFiles() throws IOException {
    Path joined =
        Files.writeString(
            directory.resolve("joined.txt"),
            Files.readString(FILES.get(0)) + Files.readString(FILES.get(1)));
    TextProblem apart = build(FILES, LETTER, OPTIONS);
    TextProblem together = build(List.of(joined), LETTER, OPTIONS);
    assertThat(together.words()).isEqualTo(apart.words());
    assertThat(together.a2().toArray()).isNotEqualTo(apart.a2().toArray());
  }

  @Test
  void reportsEveryStageFromStartToEnd() {
    Map<String, List<Double>> stages = new LinkedHashMap<>();
    TextProblem.build(
        FILES,
        LETTER,
        OPTIONS,
        (stage, fraction) -> stages.computeIfAbsent(stage, _ -> new ArrayList<>()).add(fraction));
    assertThat(stages.keySet())
        .containsExactly("counting words", "counting pairs", "embedding anchors");
    for (List<Double> fractions : stages.values()) {
      assertThat(fractions).startsWith(0.0).endsWith(1.0).isSorted();
    }
  }

  @Test
  void saysWhatIsWrongWithTheInput() throws IOException {
    assertInvalid(List.of(), LETTER, OPTIONS, "no text files given");
    assertInvalid(FILES, LETTER, OPTIONS.withVocabulary(233), "the text has 232 distinct words");
    Path numbers = Files.writeString(directory.resolve("numbers.txt"), "1 2 3");
    assertInvalid(List.of(numbers), LETTER, OPTIONS, numbers + ": holds no word");
    Path strange = Files.writeString(directory.resolve("strange.txt"), "xyzzy plugh");
    assertInvalid(
        FILES,
        strange,
        OPTIONS,
        strange + ": none of its words is among the 140 of the vocabulary");
    Path missing = directory.resolve("missing.txt");
    assertInvalid(FILES, missing, OPTIONS, missing + ": no such file");
    assertInvalid(List.of(missing), LETTER, OPTIONS, missing + ": no such file");
  }

  @Test
  void checksTheOptions() {
    assertOptions(() -> OPTIONS.withVocabulary(129), "--vocabulary 129: expected 130 to ");
    assertOptions(() -> OPTIONS.withAnchors(41), "--vocabulary 140: expected 141 to ");
    assertOptions(() -> OPTIONS.withAnchors(0), "--anchors 0: expected 1 to ");
    assertOptions(() -> OPTIONS.withDimension(31), "--dimension 31: expected 1 to 30 ");
    assertOptions(() -> OPTIONS.withDimension(0), "--dimension 0: expected 1 to 30 ");
    assertOptions(() -> OPTIONS.withWindow(0), "--window 0: expected 1 to 1000 ");
    assertOptions(() -> OPTIONS.withWindow(1001), "--window 1001: expected 1 to 1000 ");
    assertThat(TextOptions.DEFAULTS).isEqualTo(new TextOptions(12000, 1500, 150, 8, false, 1));
  }

  private static TextProblem build(List<Path> files, Path document, TextOptions options) {
    return TextProblem.build(files, document, options, TextProgress.NONE);
  }

  private static void assertInvalid(
      List<Path> files, Path document, TextOptions options, String message) {
    assertThatThrownBy(() -> build(files, document, options))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(message)
        .message()
        .doesNotContain("\n");
  }

  private static void assertOptions(Runnable options, String message) {
    assertThatThrownBy(options::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(message);
  }

  private static void assertEqual(Matrix actual, String fixture) throws IOException {
    double[][] expected = numbers(fixture);
    assertThat(actual.rows()).isEqualTo(expected.length);
    assertThat(actual.columns()).isEqualTo(expected[0].length);
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[i].length; j++) {
        assertThat(actual.get(i, j))
            .as("%s (%d, %d)", fixture, i, j)
            .isCloseTo(expected[i][j], ROUNDING);
      }
    }
  }

  private static double[][] numbers(String fixture) throws IOException {
    return Files.readAllLines(file(fixture)).stream()
        .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray())
        .toArray(double[][]::new);
  }

  private static Path file(String name) {
    try {
      return Path.of(TextProblemTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
