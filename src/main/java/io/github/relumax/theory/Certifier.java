package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.theory.LipschitzEstimate.Direction;
import java.util.Optional;
import java.util.OptionalDouble;

/** Computes a {@link Certificate}. */
public final class Certifier {
  private final Backend backend;
  private final Problem problem;
  private final CurvaturePath path;
  private final Points points;
  private final NewtonOptions options;
  private final long seed;

  /**
   * The points that a certificate is about.
   *
   * @param x where everything is evaluated
   * @param x0 where the solve begins
   * @param xStar the minimiser
   */
  public record Points(double[] x, Optional<double[]> x0, Optional<double[]> xStar) {}

  /**
   * @param options of the solve from x0
   * @param seed of the directions along which M is looked for
   * @throws InvalidInputException if a point does not have d finite entries
   */
  public Certifier(
      Backend backend,
      Problem problem,
      CurvaturePath path,
      Points points,
      NewtonOptions options,
      long seed) {
    problem.checkStart(points.x, "x");
    points.x0.ifPresent(x0 -> problem.checkStart(x0, "x0"));
    points.xStar.ifPresent(xStar -> problem.checkStart(xStar, "x*"));
    this.backend = backend;
    this.problem = problem;
    this.path = path;
    this.points = points;
    this.options = options.withPath(PathChoice.of(path));
    this.seed = seed;
  }

  /** Bytes that {@link #certify} takes beside what a solve does, at most. */
  public static long bytes(long m, long d) {
    return DataCurvature.bytes(m, d);
  }

  /**
   * Computes all of it.
   *
   * @param least l that weights are wanted for; empty for {@link DataCurvature#defaultLeast}
   * @throws InvalidInputException if no unit is active at x, or loss or gradient overflow there
   */
  public Certificate certify(OptionalDouble least) {
    Data data = data(least);
    Optional<Contraction> contraction = contraction();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1, path);
        ExtremeEigenvalues eigenvalues = new ExtremeEigenvalues(backend, problem.d());
        Buffer hessian = backend.allocate(problem.d(), problem.d())) {
      Evaluation at = objective.startAt(points.x);
      DataCurvature.requireFinite(at);
      backend.copy(objective.curvature(CurvatureForm.EXACT), hessian);
      Eigenvalue lowest = eigenvalues.least(hessian);
      Eigenvalue greatest = eigenvalues.greatest(hessian);
      double[] f = objective.read(Quantity.SOFTMAX);
      double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
      double kinkDistance;
      LipschitzEstimate lipschitz;
      try (Kinks kinks = new Kinks(backend, problem, z1);
          LipschitzSearch search =
              new LipschitzSearch(
                  backend, objective, kinks, eigenvalues, hessian, lowest.rounding(), points.x)) {
        kinkDistance = kinks.distance();
        points.xStar.ifPresent(xStar -> search.tryTowards(xStar, Direction.TO_STAR));
        points.x0.ifPresent(x0 -> search.tryTowards(x0, Direction.TO_START));
        lipschitz = search.search(seed);
      }
      return new Certificate(
          problem,
          Vectors.norm(points.x),
          at,
          lowest,
          greatest,
          data.middle,
          problem.w().map(w -> MiddleMatrix.of(f, problem.b(), squares(w))),
          data.sigma,
          kinkDistance,
          lipschitz,
          data.weights,
          data.noWeights,
          distance(Optional.of(points.x)),
          distance(points.x0),
          contraction,
          options.curvature(),
          backend.description());
    }
  }

  /** What the problem without W says. */
  private record Data(
      MiddleMatrix middle, SingularValues sigma, Optional<Weights> weights, String noWeights) {}

  private Data data(OptionalDouble least) {
    try (DataCurvature curvature = new DataCurvature(backend, problem, path, points.x)) {
      if (curvature.activeUnits() == 0) {
        throw new InvalidInputException(
            "no unit is active at this x and C is 0, there is nothing to certify; choose another"
                + " one");
      }
      Optional<Weights> weights = Optional.empty();
      String noWeights = "";
      try {
        weights = Optional.of(curvature.weights(least.orElseGet(curvature::defaultLeast)));
      } catch (InvalidInputException e) {
        // Not what was asked for first: the rest stands without it.
        noWeights = e.getMessage();
      }
      return new Data(curvature.middle(), curvature.sigma(), weights, noWeights);
    }
  }

  private Optional<Contraction> contraction() {
    if (points.x0.isEmpty() || points.xStar.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Contraction.measure(backend, problem, path, options, points.x0.get(), points.xStar.get()));
  }

  private OptionalDouble distance(Optional<double[]> point) {
    if (point.isEmpty() || points.xStar.isEmpty()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(Vectors.distance(point.get(), points.xStar.get()));
  }

  private static double[] squares(double[] w) {
    double[] squares = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      squares[i] = w[i] * w[i];
    }
    return squares;
  }
}
