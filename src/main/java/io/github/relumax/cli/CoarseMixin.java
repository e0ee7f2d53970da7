package io.github.relumax.cli;

import io.github.relumax.newton.CoarseRows;
import picocli.CommandLine.Option;

/** The problem of fewer rows that a solve begins with. */
final class CoarseMixin {
  @Option(
      names = "--coarse-rows",
      paramLabel = "auto|none|K",
      defaultValue = "auto",
      description = {
        "Solve the problem of the K rows that b and f weigh most at the start first, and go on with"
            + " all rows from there if the loss is lower. The minimum may be another one than that"
            + " of a solve without.",
        "auto: where A2 has 8,192 rows or more, 1/16 of them or 8 d, but no more than 1/8 and 256"
            + " MiB of A2 and C, if they have half of the sum of b and f.",
        "Default: ${DEFAULT-VALUE}."
      })
  private String rows;

  CoarseRows rows() {
    return CoarseRows.parse(rows);
  }
}
