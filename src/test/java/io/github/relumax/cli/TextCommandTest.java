package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.ProblemDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TextCommandTest {
  @TempDir private Path temporary;
  private Path corpus;
  private Path document;

  /** Words of three letters, frequent ones first; the document likes those that begin with z. */
  @BeforeEach
  void writeText() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder text = new StringBuilder();
    StringBuilder other = new StringBuilder();
    for (int k = 0; k < 20_000; k++) {
      int index = (int) (676 * Math.pow(random.nextDouble(), 1.5));
      String word = "" + (char) ('a' + index / 26) + (char) ('a' + index % 26) + 'q';
      text.append(word).append(' ');
      if (index % 26 == 25) {
        other.append(word).append(' ');
      }
    }
    corpus = Files.writeString(temporary.resolve("corpus.txt"), text);
    document = Files.writeString(temporary.resolve("document.txt"), other);
  }

  @Test
  void makesAProblemThatSolveExplains() {
    Path folder = temporary.resolve("p");
    CommandLineRun run =
        CommandLineRun.of(
            "text",
            folder,
            corpus,
            document,
            "--document",
            document,
            "--vocabulary",
            300,
            "--anchors",
            80,
            "--dimension",
            10,
            "--window",
            4);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("300 words, 80 anchors, 10 dimensions, from 2 files");
    ProblemDirectory written = ProblemDirectory.open(folder);
    assertThat(written.problem().m()).isEqualTo(300);
    assertThat(written.problem().n()).isEqualTo(81);
    assertThat(written.problem().d()).isEqualTo(11);
    assertThat(written.x0()).isPresent();

    CommandLineRun solved = CommandLineRun.of("solve", folder, "--max-iterations", 5);
    assertThat(solved.err()).isEmpty();
    assertThat(solved.code()).isIn(0, 3);
    assertThat(solved.out()).contains("Words raised most").contains("Anchors that did it");
    String words = solved.out().substring(solved.out().indexOf("Words raised most"));
    assertThat(words).containsPattern("\n  [a-z]zq +[0-9.]+ +[0-9.]+ +[0-9.]+\n");
  }

  @Test
  void aBrokenWordListIsFoundBeforeTheSolve() throws IOException {
    Path folder = CommandLineRun.planted(temporary.resolve("p"));
    Files.writeString(folder.resolve("words.txt"), "one\n");
    Files.writeString(folder.resolve("anchors.txt"), "one\n");
    CommandLineRun run = CommandLineRun.of("solve", folder);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("words.txt: 1 lines, expected 300");
  }

  @Test
  void theDocumentIsRequired() {
    CommandLineRun run = CommandLineRun.of("text", temporary.resolve("p"), corpus);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--document");
  }

  @Test
  void tooFewWordsIsOneLine() throws IOException {
    Path few = Files.writeString(temporary.resolve("few.txt"), "one two three");
    Path folder = temporary.resolve("p");
    CommandLineRun run = CommandLineRun.of("text", folder, few, "--document", few);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("3 distinct words");
    assertThat(folder).doesNotExist();
  }
}
