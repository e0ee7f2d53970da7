package io.github.relumax.cli;

import io.github.relumax.newton.PathChoice;
import picocli.CommandLine.Option;

/** What becomes of C. */
final class PathMixin {
  @Option(
      names = "--path",
      paramLabel = "auto|kept|streamed",
      defaultValue = "auto",
      description = {
        "Keep C = A2 diag(mask) A1 (8 m d bytes), or form it in blocks every time it is needed."
            + " auto: keep it where it fits in memory.",
        "Default: ${DEFAULT-VALUE}."
      })
  private PathChoice path;

  PathChoice path() {
    return path;
  }
}
