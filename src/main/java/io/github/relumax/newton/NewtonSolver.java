package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;

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
    try (NewtonRun run =
        new NewtonRun(backend, problem, options, path, method, listener, this::isInterrupted)) {
      return run.solve(x0);
    }
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

  private CurvaturePath pathThatFits(Problem problem) {
    SolveMemory kept =
        SolveMemory.of(
            backend,
            problem.m(),
            problem.n(),
            problem.d(),
            problem.a2().nonZeros(),
            CurvaturePath.KEPT,
            options.curvature());
    long available = SolveMemory.available(backend, problem);
    if (!backend.memory().separate()) {
      available = Math.min(available, SystemMemory.matrixLimit());
    }
    return kept.fits(available) ? CurvaturePath.KEPT : CurvaturePath.STREAMED;
  }
}
