package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendMemory;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.cli.SizeMixin.Sizes;
import io.github.relumax.io.AtomicFiles;
import io.github.relumax.io.ProblemOutline;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.newton.CoarseSize;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.plan.PathDecision;
import io.github.relumax.plan.Rates;
import io.github.relumax.plan.Workload;
import io.github.relumax.report.PlanJson;
import io.github.relumax.report.PlanRecord;
import io.github.relumax.report.PlanText;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code relumax plan}: what a solve would take, without solving. */
@Command(
    name = "plan",
    sortOptions = false,
    description = {
      "Says what memory and time a solve would take here, whether C = A2 diag(mask) A1 would be"
          + " kept, and why. Nothing is solved, and of A2 some rows are read; the machine's rates"
          + " are measured, which takes some seconds.",
      "Give a problem folder or all three sizes."
    })
final class PlanCommand implements Callable<Integer> {
  private static final int ROUNDS = 2;

  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "A problem folder: its a1.npy, some rows of its a2.npy, its x0.npy.")
  private Path dir;

  @Mixin private SizeMixin sizes;

  @Option(
      names = "--dtype",
      paramLabel = "f64|f32",
      description = "Storage of A2, with sizes. Default: f64.")
  private Dtype dtype;

  @Option(
      names = "--iterations",
      paramLabel = "K",
      defaultValue = "" + Workload.USUAL_ITERATIONS,
      description =
          "Iterations to plan for, of all rows and of the coarse problem. Default:"
              + " ${DEFAULT-VALUE}.")
  private int iterations;

  @Mixin private CurvatureMixin curvature;

  @Mixin private CoarseMixin coarse;

  @Mixin private PathMixin path;

  @Mixin private BackendMixin backends;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the plan to this file. Default: nothing is written.")
  private Path json;

  PlanCommand(Console console) {
    this.console = console;
  }

  /** What there is to plan for. */
  private record Subject(String name, Workload load, boolean activeCounted, boolean a2Mapped) {}

  @Override
  public Integer call() {
    Arguments.requirePositive("--iterations", iterations);
    if (dir != null ? sizes.anyGiven() || dtype != null : !sizes.allGiven()) {
      throw new InvalidInputException(
          "plan: expected a problem folder, or --m, --n and --d with or without --dtype");
    }
    if (json != null) {
      AtomicFiles.checkFile(json);
    }
    try (Backend backend = backends.open()) {
      Subject subject = dir == null ? fromSizes(backend) : fromFolder(backend);
      PlanRecord plan = plan(backend, subject);
      console.println(PlanText.lines(plan));
      if (json != null) {
        AtomicFiles.writeText(json, PlanJson.text(plan));
        console.println("Written to " + json);
      }
      return plan.decision().fits() ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }
  }

  private Subject fromSizes(Backend backend) {
    Sizes given = sizes.sizes();
    ElementType type = dtype == null ? ElementType.FLOAT64 : dtype.type();
    Workload load =
        Workload.usual(
            given.m(),
            given.n(),
            given.d(),
            type,
            Math.ceilDiv(given.n(), 2),
            iterations,
            sampledRows(backend, given.m(), given.d()));
    return new Subject(given.name(), load, false, true);
  }

  private Subject fromFolder(Backend backend) {
    ProblemOutline outline = ProblemOutline.open(dir);
    int active = outline.x0().map(x0 -> activeUnits(backend, outline, x0)).orElse(outline.n() / 2);
    Workload load =
        Workload.usual(
                outline.m(),
                outline.n(),
                outline.d(),
                outline.a2Type(),
                active,
                iterations,
                sampledRows(backend, outline.m(), outline.d()))
            .withNonZeros(
                outline.a2NonZeros(),
                backend.compressedBytes(outline.m(), outline.n(), outline.a2NonZeros()));
    return new Subject(dir.toString(), load, outline.x0().isPresent(), outline.a2Mapped());
  }

  private double sampledRows(Backend backend, int m, int d) {
    return StepMethod.usualRows(backend, m, d, curvature.options(path).sampling());
  }

  private static int activeUnits(Backend backend, ProblemOutline outline, double[] x0) {
    try (Buffer a1 = backend.upload(outline.a1());
        Buffer x = backend.allocate(1, outline.d());
        Buffer z1 = backend.allocate(1, outline.n());
        Units units = backend.units(outline.n())) {
      backend.write(x0, x);
      backend.multiply(a1, x, z1);
      backend.activeUnits(z1, units);
      return units.count();
    }
  }

  private PlanRecord plan(Backend backend, Subject subject) {
    Workload load = subject.load();
    BackendMemory memory = backend.memory();
    long available = memory.available();
    boolean mapped = subject.a2Mapped() && !memory.separate();
    long left = mapped ? available : available - load.a2Bytes();
    PathDecision decision =
        PathDecision.of(
            backend,
            load.m(),
            load.n(),
            load.d(),
            load.type(),
            load.nonZeros(),
            curvature.options(path).withCoarseRows(coarse.rows()),
            left);
    Memory.require(Ceilings.bytes(), available, "measuring rates takes", "end other programs");
    Rates rates = console.during("measuring rates", _ -> measure(backend));
    return new PlanRecord(
        subject.name(),
        decision.coarse().map(size -> after(load, size)).orElse(load),
        subject.activeCounted(),
        mapped,
        decision,
        rates,
        backend.description());
  }

  /** The iterations planned for, in a coarse problem, which has the flips, and once more. */
  private static Workload after(Workload load, CoarseSize size) {
    Workload.Coarse coarse =
        new Workload.Coarse(size.rows(), size.method(), load.iterations(), false);
    return load.after(coarse, load.iterations(), 0);
  }

  private static Rates measure(Backend backend) {
    try (Ceilings ceilings = new Ceilings(backend)) {
      for (int round = 0; round < ROUNDS; round++) {
        ceilings.warmUp();
      }
      for (int round = 0; round < ROUNDS; round++) {
        ceilings.measure();
      }
      return ceilings.rates();
    }
  }
}
