package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.DerivativeCheck;
import io.github.relumax.objective.DerivativeCheck.Comparison;
import io.github.relumax.objective.DerivativeCheck.Report;
import io.github.relumax.report.Format;
import io.github.relumax.report.WeightsText;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax check}: analytic against numeric derivatives. */
@Command(
    name = "check",
    sortOptions = false,
    description = {
      "Compares gradient, Hessian and Gauss-Newton matrix with differences, along random"
          + " directions.",
      "Exit code: 0 they agree, 1 they do not (a defect of Relumax), 3 a kink or rounding is too"
          + " near to say."
    })
final class CheckCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ProblemMixin input;

  @Option(
      names = "--at",
      paramLabel = "FILE",
      description =
          "The point x: an .npy file with d numbers. Default: x0.npy in DIR, or random where there"
              + " is none.")
  private String at;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Seed of the directions, and of a random x. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private BackendMixin backends;

  CheckCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return input.using(this::check);
  }

  private int check() {
    ProblemDirectory folder = input.open(console);
    Problem problem = input.problem(folder);
    double[] x =
        at != null
            ? ProblemMixin.point("--at", at, problem)
            : folder.x0().orElseGet(() -> PlantedProblem.randomStart(problem.d(), seed));
    try (Backend backend = backends.open()) {
      ProblemMixin.Weighted weighted = input.weigh(backend, problem, x, console);
      CurvaturePath path = Memory.requireFull(backend, weighted.problem(), 0).path();
      Report report =
          console.during(
              "comparing", _ -> DerivativeCheck.run(backend, weighted.problem(), path, x, seed));
      weighted
          .chosen()
          .ifPresent(weights -> console.println("Weight: " + WeightsText.line(weights) + "\n"));
      return show(report);
    }
  }

  private int show(Report report) {
    console.println("%-42s  %8s".formatted("Relative difference between", "worst"));
    for (Comparison comparison : report.comparisons()) {
      console.println(
          "%-42s  %8s  %s"
              .formatted(
                  comparison.name(),
                  Format.scientific(comparison.error(), 1),
                  switch (comparison.verdict()) {
                    case AGREES -> "agree";
                    case UNCERTAIN ->
                        "no verdict: the difference itself is uncertain by "
                            + Format.scientific(comparison.uncertainty(), 1);
                    case DISAGREES -> "DISAGREE";
                  }));
    }
    console.println();
    return switch (report.verdict()) {
      case AGREES -> {
        console.println("The analytic derivatives agree with the numeric ones.");
        yield ExitCode.OK;
      }
      case UNCERTAIN -> {
        console.println(
            "No verdict: the nearest kink is %s ‖x‖ away, or the gradient is rounding; try another x"
                .formatted(Format.scientific(report.kinkDistance(), 1)));
        yield ExitCode.NOT_CONVERGED;
      }
      case DISAGREES -> {
        console.println(
            "The analytic derivatives do not agree with the numeric ones: please report it.");
        yield ExitCode.INTERNAL_ERROR;
      }
    };
  }
}
