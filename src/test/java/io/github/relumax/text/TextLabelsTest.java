package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextLabelsTest {
  @TempDir Path directory;

  @Test
  void readsBothFiles() throws IOException {
    write("words.txt", "sea\nquay's\nécole\n");
    write("anchors.txt", "quay's\n");
    assertThat(TextLabels.read(directory, 3, 2))
        .contains(new TextLabels(List.of("sea", "quay's", "école"), List.of("quay's")));
  }

  @Test
  void isEmptyWithoutBothFiles() throws IOException {
    assertThat(TextLabels.read(directory, 3, 2)).isEmpty();
    write("words.txt", "sea\nquay\nnet\n");
    assertThat(TextLabels.read(directory, 3, 2)).isEmpty();
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    write("anchors.txt", "quay\n");
    write("words.txt", "sea\nquay\n");
    assertInvalid("words.txt", ": 2 lines, expected 3 (one for each row of A2)");
    write("words.txt", "sea\n\nquay\n");
    assertInvalid("words.txt", ": line 2 is no word");
    write("words.txt", "sea\nquay\n\u001b[2Jnet\n");
    assertInvalid("words.txt", ": line 3 is no word");
    write("words.txt", "x".repeat(3001));
    assertInvalid("words.txt", ": 3001 bytes, too large for the expected 3 lines");
    Files.write(directory.resolve("words.txt"), new byte[] {(byte) 0xFF, '\n'});
    assertInvalid("words.txt", ": not UTF-8");
    write("words.txt", "sea\nquay\nnet\n");
    write("anchors.txt", "quay\nnet\n");
    assertInvalid("anchors.txt", ": 2 lines, expected 1 (one for each column of A2 but the last)");
  }

  private void assertInvalid(String file, String message) {
    assertThatThrownBy(() -> TextLabels.read(directory, 3, 2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(directory.resolve(file) + message);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }
}
