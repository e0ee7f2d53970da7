package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.report.SamplingJson;
import io.github.relumax.report.SamplingRecord;
import io.github.relumax.report.SamplingRecord.Draw;
import io.github.relumax.report.SamplingRecord.Run;
import io.github.relumax.report.SamplingRecord.Settings;
import io.github.relumax.report.SamplingText;
import io.github.relumax.sketch.MethodSampler;
import io.github.relumax.sketch.SamplingMethod;
import io.github.relumax.sketch.SpectralComparison;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code relumax sampling}: how far sampled curvature is from the curvature. */
@Command(
    name = "sampling",
    sortOptions = false,
    description = {
      "Makes H̃ from few rows of C in several ways and sizes, and says how far it is from H at one"
          + " x: the extreme eigenvalues of H̃ against H, which takes O(d³) time for each draw.",
      "Ways: rows drawn by the leverage scores that the solver estimates, by exact ones, by their"
          + " lengths and uniformly; a CountSketch and Gaussian combinations of all rows."
    })
final class SamplingCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ProblemMixin input;

  @Option(
      names = "--at",
      paramLabel = "FILE",
      description =
          "The point x: an .npy file with d numbers. Default: x_star.npy in DIR, else x0.npy.")
  private String at;

  @Option(
      names = "--form",
      paramLabel = "gauss-newton|exact",
      defaultValue = "gauss-newton",
      description = {
        "H: the Gauss-Newton matrix, or the part of the Hessian with a_i > 0, which is what samples"
            + " stand for.",
        "Default: ${DEFAULT-VALUE}."
      })
  private CurvatureForm form;

  @Option(
      names = "--multiples",
      paramLabel = "K",
      split = ",",
      defaultValue = "2,4,8,16",
      description =
          "Rows of H̃ as multiples of d, separated by commas; a CountSketch has the next power of"
              + " two. Default: ${DEFAULT-VALUE}.")
  private List<Integer> multiples;

  @Option(
      names = "--draws",
      paramLabel = "N",
      defaultValue = "5",
      description = "Draws of every method and size. Default: ${DEFAULT-VALUE}.")
  private int draws;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Seed of the draws. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write every draw to this file. Default: nothing is written.")
  private Path json;

  SamplingCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (multiples.isEmpty()) {
      throw new InvalidInputException("--multiples: expected one or more whole numbers");
    }
    multiples.forEach(multiple -> Arguments.requirePositive("--multiples", multiple));
    Arguments.requirePositive("--draws", draws);
    if (json != null) {
      AtomicFiles.checkFile(json);
    }
    return input.using(this::sample);
  }

  private int sample() {
    ProblemDirectory folder = input.open(console);
    Problem unweighted = input.problem(folder);
    Point point = point(folder, unweighted);
    try (Backend backend = backends.open()) {
      sample(backend, point, input.weigh(backend, unweighted, point.x, console));
    }
    return ExitCode.OK;
  }

  private void sample(Backend backend, Point point, ProblemMixin.Weighted weighted) {
    Problem problem = weighted.problem();
    int d = problem.d();
    long mostRows = (long) Collections.max(multiples) * d;
    CurvaturePath path = requireMemory(backend, problem, mostRows);
    try (SoftmaxReluObjective objective =
            new SoftmaxReluObjective(backend, problem, MethodSampler.TRIALS, path);
        MethodSampler sampler = new MethodSampler(backend, problem.m(), d, mostRows, seed);
        Buffer h = backend.allocate(d, d);
        Buffer sampled = backend.allocate(d, d)) {
      objective.reserveRows(sampler.rowsAtATime());
      int active = moveTo(objective, point);
      CurvatureRows rows = objective.curvatureRows(form);
      sampler.sum(rows, h);
      SpectralComparison comparison = new SpectralComparison(backend, h);
      if (comparison.rank() == 0) {
        throw new InvalidInputException(
            point.name + ": H is 0 at this x, there is nothing to sample from; name another");
      }
      Settings settings =
          new Settings(
              input.dir().toString(),
              problem,
              point.name,
              form,
              input.weight(),
              weighted.chosen(),
              active,
              comparison.rank(),
              draws,
              seed,
              path,
              backend.description());
      console.println(SamplingText.beginning(settings));
      List<Run> runs = new ArrayList<>();
      for (SamplingMethod method : SamplingMethod.values()) {
        for (int multiple : multiples) {
          Run run = run(backend, sampler, rows, comparison, method, multiple, sampled);
          console.println(SamplingText.row(run));
          runs.add(run);
        }
      }
      if (json != null) {
        AtomicFiles.writeText(json, SamplingJson.text(new SamplingRecord(settings, runs)));
        console.println("Written to " + json);
      }
    }
  }

  private Run run(
      Backend backend,
      MethodSampler sampler,
      CurvatureRows rows,
      SpectralComparison comparison,
      SamplingMethod method,
      int multiple,
      Buffer sampled) {
    long size = multiple * sampled.rows();
    List<Draw> all = new ArrayList<>();
    for (int k = 0; k < draws; k++) {
      long began = System.nanoTime();
      int count = sampler.sample(rows, method, size, sampled);
      backend.finish();
      double seconds = 1e-9 * (System.nanoTime() - began);
      all.add(new Draw(count, comparison.of(sampled), seconds));
    }
    return new Run(method, multiple, all);
  }

  private record Point(String name, double[] x) {}

  private Point point(ProblemDirectory folder, Problem problem) {
    if (at != null) {
      return new Point(at, ProblemMixin.point("--at", at, problem));
    }
    return folder
        .xStar()
        .map(x -> new Point(ProblemDirectory.X_STAR, x))
        .or(() -> folder.x0().map(x -> new Point(ProblemDirectory.X0, x)))
        .orElseThrow(() ->
            new InvalidInputException(
                "%s: has no %s and no %s; name a point by --at"
                    .formatted(input.dir(), ProblemDirectory.X_STAR, ProblemDirectory.X0)));
  }

  private int moveTo(SoftmaxReluObjective objective, Point point) {
    Evaluation evaluation = objective.startAt(point.x);
    if (!evaluation.isFinite()) {
      throw new InvalidInputException(
          point.name + ": the loss overflows at this x, so there is no curvature; name another");
    }
    if (evaluation.activeUnits() == 0) {
      throw new InvalidInputException(
          point.name + ": no unit is active at this x, so there is no curvature; name another");
    }
    return evaluation.activeUnits();
  }

  private CurvaturePath requireMemory(Backend backend, Problem problem, long mostRows) {
    // The path is not known yet: the rows of A2 that it needs if C is streamed count in any case.
    double bytes =
        MethodSampler.bytes(
            problem.m(), problem.n(), problem.d(), (double) mostRows, CurvaturePath.STREAMED);
    long samples = (long) bytes;
    Memory.require(
        samples,
        SolveMemory.available(backend, problem),
        "samples of " + mostRows + " rows take",
        "give smaller --multiples");
    return Memory.requireFull(backend, problem, samples).path();
  }
}
