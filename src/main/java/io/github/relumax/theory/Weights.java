package io.github.relumax.theory;

import io.github.relumax.backend.Backend;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import java.util.OptionalDouble;

/**
 * Regularisers W that make the Hessian at one x at least l I, by four rules, the smallest first.
 *
 * @param l the least eigenvalue that is asked for
 * @param smallest the smallest w &gt;= 0 with Hess &gt;= l I for W = w I: w² is the greatest root
 *     of det(Cᵀ(B + w² I)C - l I) = 0, or 0
 * @param claimed w for W = w I by B and σmin alone: w² = -λmin(B) + l / σmin(C)²
 * @param rowSquares w_i² by rows from the same two: {@link RowWeights} with κ = l / σmin(C)²; not
 *     copied
 * @param published w² = 4 + l / σmin(C)², which needs ‖b‖₁ &lt;= 1; NaN where that is more
 */
public record Weights(
    double l, double smallest, double claimed, double[] rowSquares, double published) {
  /**
   * The weights at x, for a problem whose own W does not count.
   *
   * @param least l; empty for {@link DataCurvature#defaultLeast}
   * @throws InvalidInputException if no W can do it: C has no full column rank at x, or l is within
   *     the rounding of the Hessian
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  public static Weights at(
      Backend backend, Problem problem, CurvaturePath path, double[] x, OptionalDouble least) {
    problem.checkStart(x, "x");
    try (DataCurvature curvature = new DataCurvature(backend, problem, path, x)) {
      return curvature.weights(least.orElseGet(curvature::defaultLeast));
    }
  }
}
