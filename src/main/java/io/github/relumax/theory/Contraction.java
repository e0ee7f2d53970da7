package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.IterationListener;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import io.github.relumax.newton.Status;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * How a solve came nearer to x*, step by step.
 *
 * @param distances ‖x_t - x*‖, of the start and after every step
 * @param precision how far x* itself is from stationary: the length of the Newton step there, and
 *     rounding; NaN where the Hessian at x* is not positive definite, so that x* is no strict
 *     minimiser
 * @param status how the solve ended
 */
public record Contraction(List<Double> distances, double precision, Status status) {
  /** ‖x_{t+1} - x*‖ / ‖x_t - x*‖ where the theory's conditions hold is at most this. */
  public static final double PREDICTED = 0.4;

  /** A step that begins within this many times the precision of x* shows nothing. */
  private static final double CLEAR = 10;

  public Contraction {
    distances = List.copyOf(distances);
  }

  /** ‖x_{t+1} - x*‖ / ‖x_t - x*‖ for step t, counted from 0. */
  public double ratio(int t) {
    return distances.get(t + 1) / distances.get(t);
  }

  /** How many steps there were. */
  public int steps() {
    return distances.size() - 1;
  }

  /** Whether step t began far enough from x* for its ratio to mean something. */
  public boolean counts(int t) {
    // With an unknown precision every step counts.
    return !(distances.get(t) <= CLEAR * precision);
  }

  /** The largest ratio of the steps that count; empty where none does. */
  public OptionalDouble worst() {
    OptionalDouble worst = OptionalDouble.empty();
    for (int t = 0; t < steps(); t++) {
      if (counts(t) && !(ratio(t) <= worst.orElse(Double.NEGATIVE_INFINITY))) {
        worst = OptionalDouble.of(ratio(t));
      }
    }
    return worst;
  }

  /** Solves from x0. */
  static Contraction measure(
      Backend backend,
      Problem problem,
      CurvaturePath path,
      NewtonOptions options,
      double[] x0,
      double[] xStar) {
    double precision = precision(backend, problem, path, xStar);
    List<Double> distances = new ArrayList<>();
    IterationListener listener =
        new IterationListener() {
          @Override
          public void onIteration(Iteration iteration) {}

          @Override
          public void onPoint(Supplier<double[]> x) {
            distances.add(Vectors.distance(x.get(), xStar));
          }
        };
    Solution solution = new NewtonSolver(backend, options).solve(problem, x0, listener);
    return new Contraction(distances, precision, solution.status());
  }

  /** ‖Hess⁻¹ grad‖ + eps ‖x*‖ at x*. */
  private static double precision(
      Backend backend, Problem problem, CurvaturePath path, double[] xStar) {
    int d = problem.d();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1, path);
        Buffer factor = backend.allocate(d, d);
        Buffer step = backend.allocate(1, d)) {
      if (!objective.startAt(xStar).isFinite()
          || !backend.factor(objective.curvature(CurvatureForm.EXACT), 0, factor)) {
        return Double.NaN;
      }
      objective.refineGradient();
      backend.solve(factor, objective.gradient(), step);
      return Math.sqrt(backend.dot(step, step)) + Math.ulp(1.0) * Vectors.norm(xStar);
    }
  }
}
