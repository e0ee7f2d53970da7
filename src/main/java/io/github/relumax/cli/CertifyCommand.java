package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.io.ResultDirectory;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.CoarseRows;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.report.CertificateReport;
import io.github.relumax.theory.Certificate;
import io.github.relumax.theory.Certifier;
import io.github.relumax.theory.Contraction;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax certify}: what the theory's conditions come to at one x. */
@Command(
    name = "certify",
    sortOptions = false,
    description = {
      "Computes what the convergence theory asks about at one x: the least eigenvalue l of the"
          + " Hessian, those of B, the singular values of C, M, the nearest kink, the radius"
          + " 0.1 l / M, and W that would make the Hessian positive definite.",
      "With a start and x* it also solves, and compares every step's contraction with the predicted"
          + " 0.4."
    })
final class CertifyCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ProblemMixin input;

  @Option(
      names = "--at",
      required = true,
      paramLabel = "FILE",
      description = "The point x: an .npy file with d numbers.")
  private String at;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description = "The start x0 of the solve. Default: x0.npy in DIR, or no solve.")
  private String from;

  @Option(
      names = "--star",
      paramLabel = "FILE",
      description =
          "The minimiser x* of the problem with this W. Default: x_star.npy in DIR, or none.")
  private String star;

  @Mixin private CurvatureMixin curvature;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description =
          "Seed of the directions along which M is looked for. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private PathMixin path;

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
        "Also write certificate.json, and the weights by rows as w.npy (m), to this folder, which"
            + " is created where needed. Default: nothing is written."
      })
  private Path out;

  CertifyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return input.using(this::certify);
  }

  private int certify() {
    // What the theory says, it says of steps of the whole problem.
    NewtonOptions options = curvature.options(path).withCoarseRows(CoarseRows.NONE);
    ProblemDirectory folder = input.open(console);
    Problem problem = input.problem(folder);
    Certifier.Points points =
        new Certifier.Points(
            ProblemMixin.point("--at", at, problem),
            point("--from", from, folder.x0(), problem),
            point("--star", star, folder.xStar(), problem));
    try (ResultDirectory results =
            out == null ? null : ResultDirectory.open(out, 8L * problem.m());
        Backend backend = backends.open()) {
      Problem weighted = input.weigh(backend, problem, points.x(), console).problem();
      CurvaturePath chosen =
          Memory.requireSolve(
                  backend, weighted, options, Certifier.bytes(weighted.m(), weighted.d()))
              .path();
      Certifier certifier = new Certifier(backend, weighted, chosen, points, options, seed);
      Certificate certificate =
          console.during("certifying", _ -> certifier.certify(input.leastEigenvalue()));
      CertificateReport report = new CertificateReport(certificate);
      if (results != null) {
        results.writeCertificate(
            report.json(),
            certificate
                .weights()
                .map(weights -> Arrays.stream(weights.rowSquares()).map(Math::sqrt).toArray()));
      }
      if (format == OutputFormat.JSON) {
        console.print(report.json());
      } else {
        console.println(report.lines());
      }
      return certificate.contraction().map(CertifyCommand::exitCode).orElse(ExitCode.OK);
    }
  }

  private static Optional<double[]> point(
      String option, String file, Optional<double[]> inFolder, Problem problem) {
    return file == null ? inFolder : Optional.of(ProblemMixin.point(option, file, problem));
  }

  private static int exitCode(Contraction contraction) {
    return contraction.status().converged() ? ExitCode.OK : ExitCode.NOT_CONVERGED;
  }
}
