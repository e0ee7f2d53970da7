package io.github.relumax.text;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the rows and columns of a text problem's A2 stand for.
 *
 * @param words the vocabulary: one for each of the m rows
 * @param anchors one for each column but the last, which is the prior
 */
public record TextLabels(List<String> words, List<String> anchors) {
  /** The file of {@link #words()} in a problem folder, one a line. */
  public static final String WORDS_FILE = "words.txt";

  /** The file of {@link #anchors()} in a problem folder, one a line. */
  public static final String ANCHORS_FILE = "anchors.txt";

  /** Longer lines are no words; this bounds what is read. */
  private static final int MAX_LINE_BYTES = 1000;

  public TextLabels {
    words = List.copyOf(words);
    anchors = List.copyOf(anchors);
  }

  /**
   * The labels in a problem folder; empty unless both files are there.
   *
   * @param m the rows of the folder's A2
   * @param columns the columns of the folder's A2: one more than there are anchors
   * @throws InvalidInputException if a file does not have one printable word for each row or column
   */
  public static Optional<TextLabels> read(Path directory, int m, int columns) {
    Path words = directory.resolve(WORDS_FILE);
    Path anchors = directory.resolve(ANCHORS_FILE);
    if (!Files.isRegularFile(words) || !Files.isRegularFile(anchors)) {
      return Optional.empty();
    }
    return Optional.of(
        new TextLabels(
            readLines(words, m, "one for each row of A2"),
            readLines(anchors, columns - 1, "one for each column of A2 but the last")));
  }

  private static List<String> readLines(Path file, int expected, String why) {
    List<String> lines;
    try {
      if (Files.size(file) > (long) MAX_LINE_BYTES * Math.max(expected, 1)) {
        throw new InvalidInputException(
            "%s: %d bytes, too large for the expected %d lines (%s)"
                .formatted(file, Files.size(file), expected, why));
      }
      lines = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(file + ": not UTF-8, expected one word a line", e);
    } catch (IOException e) {
      throw new InvalidInputException("%s: cannot be read (%s)".formatted(file, e.getMessage()), e);
    }
    if (lines.size() != expected) {
      throw new InvalidInputException(
          "%s: %d lines, expected %d (%s)".formatted(file, lines.size(), expected, why));
    }
    for (int i = 0; i < expected; i++) {
      if (lines.get(i).isBlank() || lines.get(i).chars().anyMatch(Character::isISOControl)) {
        throw new InvalidInputException(
            "%s: line %d is no word, expected one word a line".formatted(file, i + 1));
      }
    }
    return lines;
  }
}
