package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.io.ResultDirectory;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.objective.Spectrum;
import io.github.relumax.report.PointReport;
import io.github.relumax.report.SolveRecord;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax evaluate}: loss, gradient and curvature at one x. */
@Command(
    name = "evaluate",
    sortOptions = false,
    description = {
      "Shows the loss, the gradient's length, the active units and the curvature at one x.",
      "The curvature is the least and the greatest eigenvalue of the exact Hessian and of the"
          + " Gauss-Newton matrix, which takes O(d³) time."
    })
final class EvaluateCommand implements Callable<Integer> {
  /** What is written to see whether the folder takes files. */
  private static final int PROBE_BYTES = 4096;

  private final Console console;

  @Mixin private ProblemMixin input;

  @Option(
      names = "--at",
      required = true,
      paramLabel = "FILE",
      description = "The point x: an .npy file with d numbers.")
  private String at;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--format",
      paramLabel = "table|json",
      defaultValue = "table",
      description = "What to print: lines of text, or one JSON object. Default: ${DEFAULT-VALUE}.")
  private OutputFormat format;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = {
        "Also write gradient.npy (d), hessian.npy (d x d) and gauss_newton.npy (d x d) to this",
        "folder, which is created where needed. Default: nothing is written."
      })
  private Path out;

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return input.using(this::evaluate);
  }

  private int evaluate() {
    ProblemDirectory folder = input.open(console);
    Problem unweighted = input.problem(folder);
    double[] x = ProblemMixin.point("--at", at, unweighted);
    try (Backend backend = backends.open()) {
      return evaluate(folder, backend, input.weigh(backend, unweighted, x, console), x);
    }
  }

  private int evaluate(
      ProblemDirectory folder, Backend backend, ProblemMixin.Weighted weighted, double[] x) {
    Problem problem = weighted.problem();
    try (SoftmaxReluObjective objective = objective(backend, problem)) {
      Evaluation evaluation = objective.moveTo(x);
      boolean finite = evaluation.isFinite();
      PointReport report =
          new PointReport(
              problem,
              weighted.chosen(),
              Math.sqrt(backend.dot(objective.x(), objective.x())),
              evaluation,
              finite ? spectrum(backend, objective, CurvatureForm.EXACT) : null,
              finite ? spectrum(backend, objective, CurvatureForm.GAUSS_NEWTON) : null,
              folder
                  .xStar()
                  .map(xStar -> OptionalDouble.of(SolveRecord.relativeDistance(x, xStar)))
                  .orElse(OptionalDouble.empty()),
              backend.description());
      if (out != null && finite) {
        writeDerivatives(backend, objective);
      }
      if (format == OutputFormat.JSON) {
        console.print(report.json());
      } else {
        console.println(report.lines());
      }
    }
    return ExitCode.OK;
  }

  private static SoftmaxReluObjective objective(Backend backend, Problem problem) {
    CurvaturePath path = Memory.requireFull(backend, problem, 0).path();
    return new SoftmaxReluObjective(backend, problem, 1, path);
  }

  private void writeDerivatives(Backend backend, SoftmaxReluObjective objective) {
    try (ResultDirectory results = ResultDirectory.open(out, PROBE_BYTES)) {
      Path folder = results.folder();
      NpyFile.writeVector(folder.resolve("gradient.npy"), objective.read(Quantity.GRADIENT));
      NpyFile.write(folder.resolve("hessian.npy"), matrix(backend, objective, CurvatureForm.EXACT));
      NpyFile.write(
          folder.resolve("gauss_newton.npy"),
          matrix(backend, objective, CurvatureForm.GAUSS_NEWTON));
    }
  }

  private static Matrix matrix(
      Backend backend, SoftmaxReluObjective objective, CurvatureForm form) {
    int d = objective.d();
    double[] entries = new double[d * d];
    backend.read(objective.curvature(form), entries);
    return Matrix.of(d, d, entries);
  }

  private static Spectrum spectrum(
      Backend backend, SoftmaxReluObjective objective, CurvatureForm form) {
    return Spectrum.of(backend, objective.curvature(form));
  }
}
