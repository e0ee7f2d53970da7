package io.github.relumax.cli;

import io.github.relumax.model.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks of option values that more than one command needs. */
final class Arguments {
  private Arguments() {}

  /**
   * An existing file.
   *
   * @param expected what the option takes
   * @throws InvalidInputException if it is not there
   */
  static Path file(String option, String value, String expected) {
    if (value.isEmpty()) {
      throw new InvalidInputException(option + ": the name is empty, " + expected);
    }
    Path file = Path.of(value);
    if (!Files.exists(file)) {
      throw new InvalidInputException("%s %s: no such file, %s".formatted(option, value, expected));
    }
    return file;
  }

  /**
   * @throws InvalidInputException if the value is below 1
   */
  static void requirePositive(String option, int value) {
    if (value < 1) {
      throw new InvalidInputException("%s %d: expected 1 or more".formatted(option, value));
    }
  }
}
