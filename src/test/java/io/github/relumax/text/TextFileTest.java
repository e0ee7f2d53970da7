package io.github.relumax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
  @TempDir Path directory;

  /** Words of one to four bytes a character, moved so that every kind is cut by the chunk's end. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void readsAcrossChunks(int shift) throws IOException {
    String word = "aé\u0905\uD801\uDC28"; // 1 + 2 + 3 + 4 bytes
    int count = 2 * TextFile.CHUNK / 11;
    Path file = write("x".repeat(shift) + " " + (word + " ").repeat(count));
    List<Long> progress = new ArrayList<>();
    List<String> words = new ArrayList<>();
    TextFile.read(file, false, words::add, progress::add);
    if (shift > 0) {
      assertThat(words.removeFirst()).isEqualTo("x".repeat(shift));
    }
    assertThat(words).hasSize(count).containsOnly(word);
    assertThat(progress).hasSizeGreaterThan(2);
    assertThat(progress.stream().mapToLong(bytes -> bytes).sum()).isEqualTo(Files.size(file));
  }

  @Test
  void endsTheLastWordWithTheFile() throws IOException {
    assertThat(read(write("one two"))).containsExactly("one", "two");
  }

  @Test
  void saysWhereAFileIsNotUtf8() throws IOException {
    byte[] bytes = "x".repeat(TextFile.CHUNK + 10).getBytes(StandardCharsets.UTF_8);
    bytes[TextFile.CHUNK + 3] = (byte) 0xE9;
    Path file = Files.write(directory.resolve("latin1.txt"), bytes);
    assertInvalid(file, "not UTF-8 at byte 65539 (0xE9)");
  }

  @Test
  void rejectsACharacterCutByTheEndOfTheFile() throws IOException {
    Path file = Files.write(directory.resolve("cut.txt"), new byte[] {'a', (byte) 0xC3});
    assertInvalid(file, "not UTF-8 at byte 1 (0xC3)");
  }

  @Test
  void rejectsUtf16AndBinaryFiles() throws IOException {
    Path utf16 =
        Files.write(directory.resolve("utf16.txt"), "ab".getBytes(StandardCharsets.UTF_16));
    assertInvalid(utf16, "not UTF-8 at byte 0 (0xFE)");
    assertInvalid(write("text\0more"), "binary file");
  }

  @Test
  void rejectsWhatIsNoTextFile() throws IOException {
    assertInvalid(directory, "is a directory");
    assertInvalid(directory.resolve("missing.txt"), "no such file");
    assertInvalid(write(""), "is empty");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void rejectsADeviceThatNeverEnds() {
    assertInvalid(Path.of("/dev/zero"), "not a regular file");
  }

  private static List<String> read(Path file) {
    TextFile.size(file);
    List<String> words = new ArrayList<>();
    TextFile.read(file, false, words::add, bytes -> {});
    return words;
  }

  private static void assertInvalid(Path file, String problem) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem)
        .message()
        .doesNotContain("\n");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("text.txt"), text);
  }
}
