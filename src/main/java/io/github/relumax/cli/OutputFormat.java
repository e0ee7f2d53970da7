package io.github.relumax.cli;

import java.util.Locale;

/** What a command prints. */
enum OutputFormat {
  /** Text for a person. */
  TABLE,
  /** One JSON object. */
  JSON;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
