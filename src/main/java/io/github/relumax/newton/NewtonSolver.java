package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.SharedUploads;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.objective.CurvaturePath;
import java.util.List;
import java.util.Optional;

/**
 * Minimises Lreg(x) = 1/2 ‖softmax(A2 relu(A1 x)) - b‖² + 1/2 ‖W A2 relu(A1 x)‖², optionally over
 * ‖x‖ &lt;= R, by damped Newton steps (arXiv 2308.08358).
 *
 * <pre>{@code
 * Problem problem = Problem.of(Matrix.of(a1), Matrix.of(a2), b);
 * try (Backend backend = Backends.open()) {
 *   Solution solution = new NewtonSolver(backend, NewtonOptions.DEFAULTS).solve(problem, x0);
 *   System.out.println(solution.status() + ", loss " + solution.loss());
 * }
 * }</pre>
 *
 * <p>A solver can be used again, for one solve at a time. {@link #interrupt} may be called from any
 * thread.
 */
public final class NewtonSolver {
  /** Targets under way at once: with more A2 is hardly read less often. */
  public static final int USUALLY_AT_ONCE = 16;

  private final Backend backend;
  private final NewtonOptions options;
  private volatile boolean interrupted;

  public NewtonSolver(Backend backend, NewtonOptions options) {
    this.backend = backend;
    this.options = options;
  }

  /** {@link #solve(Problem, double[], IterationListener)} with no listener. */
  public Solution solve(Problem problem, double[] x0) {
    return solve(problem, x0, IterationListener.none());
  }

  /**
   * Solves from {@code x0}. Where ‖x0‖ &gt; R the solve starts from x0 R / ‖x0‖.
   *
   * @throws InvalidInputException if x0 does not have d finite entries
   * @throws InsufficientMemoryException if the workspaces do not fit
   */
  public Solution solve(Problem problem, double[] x0, IterationListener listener) {
    problem.checkStart(x0, "x0");
    interrupted = false;
    CurvaturePath path = path(problem);
    StepMethod method = method(problem, path);
    // The coarse problem has the same A1, and rows of A2.
    try (SharedUploads shared = shared(problem);
        NewtonRun run =
            new NewtonRun(
                shared,
                problem,
                options,
                path,
                method,
                coarse(backend, problem, path),
                listener,
                this::isInterrupted)) {
      return run.solve(x0);
    }
  }

  /** Solves for many targets b, all from {@code x0}, as many at once as is usual. */
  public List<Solution> solve(Targets targets, double[] x0) {
    return solve(targets, new double[][] {x0}, USUALLY_AT_ONCE, TargetListener.none());
  }

  /**
   * Solves for many targets b. Each is solved as by {@link #solve(Problem, double[])}, up to the
   * rounding of products that are done for several at once; the same targets on the same backend
   * with the same thread count give the same bits. The time limit is one for all together, and a
   * solution's seconds count what was done for others meanwhile. A target that had not begun when
   * the solve was interrupted, or its time was up, has its start for x and NaN for its loss.
   *
   * @param starts k points, or one for all
   * @param atOnce targets under way at once, at most; fewer where memory is short
   * @return a solution for each target, in their order
   * @throws InvalidInputException if there are neither k starts nor one, or one does not have d
   *     finite entries
   * @throws InsufficientMemoryException if the workspaces do not fit
   */
  public List<Solution> solve(
      Targets targets, double[][] starts, int atOnce, TargetListener listener) {
    Problem problem = targets.common();
    if (starts.length != 1 && starts.length != targets.count()) {
      throw new InvalidInputException(
          "%d starts, expected 1 or %d, one for each target"
              .formatted(starts.length, targets.count()));
    }
    for (double[] start : starts) {
      problem.checkStart(start, "start");
    }
    if (atOnce < 1) {
      throw new InvalidInputException("at once: " + atOnce + ", expected 1 or more");
    }
    interrupted = false;
    int most = Math.min(targets.count(), atOnce);
    List<Backend> workers = most > 1 ? workers(problem) : List.of();
    try (SharedUploads shared = shared(problem)) {
      int lanes = lanes(problem, most, workers);
      // One thread for all the memory there is would be slower than all threads.
      List<Backend> used =
          lanes > 1 ? workers.subList(0, Math.min(lanes, workers.size())) : List.of();
      return run(shared, targets, lanes, used, listener).solve(starts);
    } finally {
      workers.forEach(Backend::close);
    }
  }

  private SharedUploads shared(Problem problem) {
    return new SharedUploads(backend, List.of(problem.a1(), problem.a2()));
  }

  private TargetsRun run(
      SharedUploads shared,
      Targets targets,
      int lanes,
      List<Backend> workers,
      TargetListener listener) {
    Thread caller = Thread.currentThread();
    CurvaturePath path = path(targets.common());
    return new TargetsRun(
        shared,
        targets,
        options,
        path,
        method(targets.common(), path),
        coarse(each(workers), targets.common(), path),
        lanes,
        workers,
        listener,
        () -> interrupted || caller.isInterrupted(),
        this::interrupt);
  }

  /** Backends for a target each, where products with A2 are too little to be done together. */
  private List<Backend> workers(Problem problem) {
    long kept = backend.compressedBytes(problem.m(), problem.n(), problem.a2().nonZeros());
    return kept > 0 ? backend.singleThreads() : List.of();
  }

  /** What each target is solved on: these are alike. */
  private Backend each(List<Backend> workers) {
    return workers.isEmpty() ? backend : workers.getFirst();
  }

  /** How many targets to have under way at once, so many at most. */
  private int lanes(Problem problem, int atOnce, List<Backend> workers) {
    int most = workers.isEmpty() ? atOnce : Math.min(atOnce, workers.size());
    SolveMemory one = memory(problem, path(problem));
    double coarse = coarse(each(workers), problem, one.path()).map(CoarseSize::bytes).orElse(0L);
    int m = problem.m();
    return TargetMemory.of(backend, workers, m, problem.n(), problem.d(), one, coarse, most)
        .lanes(most, available(problem));
  }

  /**
   * Ends the solve that is running at the next trial or step; its result is the best iterate so
   * far.
   */
  public void interrupt() {
    interrupted = true;
  }

  private boolean isInterrupted() {
    return interrupted || Thread.currentThread().isInterrupted();
  }

  private CurvaturePath path(Problem problem) {
    return options.path().forced().orElseGet(() -> pathThatFits(problem));
  }

  /** What will stand for H in a solve of this problem. */
  public StepMethod method(Problem problem) {
    return method(problem, path(problem));
  }

  private StepMethod method(Problem problem, CurvaturePath path) {
    int m = problem.m();
    return StepMethod.of(options.curvature(), backend, m, problem.n(), problem.d(), path);
  }

  /** The coarse problem that a solve of this problem begins with, where there is memory for it. */
  private Optional<CoarseSize> coarse(Backend by, Problem problem, CurvaturePath path) {
    return CoarseSize.of(
        by,
        problem.m(),
        problem.n(),
        problem.d(),
        problem.a2().type(),
        problem.a2().nonZeros(),
        options,
        available(problem) - memory(problem, path).bytes());
  }

  private CurvaturePath pathThatFits(Problem problem) {
    return memory(problem, CurvaturePath.KEPT).fits(available(problem))
        ? CurvaturePath.KEPT
        : CurvaturePath.STREAMED;
  }

  private SolveMemory memory(Problem problem, CurvaturePath path) {
    return SolveMemory.of(
        backend,
        problem.m(),
        problem.n(),
        problem.d(),
        problem.a2().nonZeros(),
        path,
        options.curvature());
  }

  private long available(Problem problem) {
    long available = SolveMemory.available(backend, problem);
    return backend.memory().separate()
        ? available
        : Math.min(available, SystemMemory.matrixLimit());
  }
}
