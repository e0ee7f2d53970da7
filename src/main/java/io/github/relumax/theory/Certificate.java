package io.github.relumax.theory;

import io.github.relumax.backend.BackendDescription;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Curvature;
import io.github.relumax.objective.Evaluation;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the theory's conditions come to at one x of one problem.
 *
 * @param problem with the regulariser that was used
 * @param norm ‖x‖
 * @param evaluation loss and gradient at x
 * @param least l = λmin(Hess)
 * @param greatest λmax(Hess)
 * @param middle B
 * @param weighted B + W²; empty where W = 0
 * @param sigma singular values of C
 * @param kinkDistance radius of the largest ball around x in which no unit turns
 * @param lipschitz M
 * @param weights what W would have to be; empty where no W can do it
 * @param noWeights why {@code weights} is empty, else an empty string
 * @param starDistance ‖x - x*‖, where x* is known
 * @param startDistance ‖x0 - x*‖, where both are known
 * @param contraction of a solve from x0 to x*, where both are known
 * @param curvature of that solve
 * @param backend what computed it
 */
public record Certificate(
    Problem problem,
    double norm,
    Evaluation evaluation,
    Eigenvalue least,
    Eigenvalue greatest,
    MiddleMatrix middle,
    Optional<MiddleMatrix> weighted,
    SingularValues sigma,
    double kinkDistance,
    LipschitzEstimate lipschitz,
    Optional<Weights> weights,
    String noWeights,
    OptionalDouble starDistance,
    OptionalDouble startDistance,
    Optional<Contraction> contraction,
    Curvature curvature,
    BackendDescription backend) {
  /** The share of l that M ‖x0 - x*‖ may come to. */
  public static final double SHARE = 0.1;

  /** What claim 3 says of l without looking at the Hessian: λmin(B + W²) times σmin² or σmax². */
  public double claimedLeast() {
    double least = weighted.orElse(middle).least();
    double sigmaOf = least >= 0 ? sigma.least() : sigma.greatest();
    return least * sigmaOf * sigmaOf;
  }

  /**
   * 0.1 l / M, within which the theory promises convergence; NaN where l &lt;= 0 or M is unknown.
   */
  public double radius() {
    return least.value() > 0 ? SHARE * least.value() / lipschitz.value() : Double.NaN;
  }

  /** Whether M ‖x0 - x*‖ &lt;= 0.1 l; empty where one of them is unknown. */
  public Optional<Boolean> holds() {
    if (startDistance.isEmpty() || !lipschitz.isKnown()) {
      return Optional.empty();
    }
    return Optional.of(lipschitz.value() * startDistance.getAsDouble() <= SHARE * least.value());
  }
}
