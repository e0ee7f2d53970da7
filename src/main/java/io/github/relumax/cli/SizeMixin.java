package io.github.relumax.cli;

import picocli.CommandLine.Option;

/** The sizes of a problem, where a command also takes something else that has sizes. */
final class SizeMixin {
  @Option(names = "--m", paramLabel = "M", description = "Outputs: rows of A2.")
  private Integer m;

  @Option(names = "--n", paramLabel = "N", description = "Hidden units: rows of A1, columns of A2.")
  private Integer n;

  @Option(names = "--d", paramLabel = "D", description = "Unknowns: length of x.")
  private Integer d;

  /** All three sizes, and what a problem of these sizes is called. */
  record Sizes(String name, int m, int n, int d) {}

  /** Whether there is one of them at least. */
  boolean anyGiven() {
    return m != null || n != null || d != null;
  }

  /** Whether all are there. */
  boolean allGiven() {
    return m != null && n != null && d != null;
  }

  /**
   * The sizes, where all are given.
   *
   * @throws io.github.relumax.model.InvalidInputException if one is not above 0
   */
  Sizes sizes() {
    Arguments.requirePositive("--m", m);
    Arguments.requirePositive("--n", n);
    Arguments.requirePositive("--d", d);
    return new Sizes("%sx%sx%s".formatted(m, n, d), m, n, d);
  }
}
