package io.github.relumax.cli;

import io.github.relumax.newton.Minima;
import picocli.CommandLine.Option;

/** Which minimum to look for. */
final class MinimaMixin {
  @Option(
      names = "--minima",
      paramLabel = "first|lower|auto",
      defaultValue = "first",
      description = {
        "Which minimum to look for, where there are many:",
        "first: the one that the steps from the start lead to.",
        "lower: solves the coarse problem twice, with two dampings, and keeps the lower loss, both"
            + " at once where A2 is mostly zeros, its steps are short and there are two threads."
            + " Without a coarse problem, or where its end is no better than the start, descends"
            + " three more times from a point on the way, for up to seven times the iterations.",
        "auto: lower where fewer than 1.5 d units are active at a minimum with kinks and more than"
            + " 1/1000 of the loss at the start is left; else first.",
        "Default: ${DEFAULT-VALUE}."
      })
  private Minima minima;

  Minima minima() {
    return minima;
  }
}
