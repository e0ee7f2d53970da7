package io.github.relumax.objective;

/**
 * What is known at one x.
 *
 * @param dataLoss L = 1/2 ‖f - b‖²
 * @param regularization 1/2 ‖W z‖²
 * @param gradientNorm ‖grad Lreg‖, with the mask held fixed; NaN after {@link
 *     SoftmaxReluObjective#lookAt} and {@link SoftmaxReluObjective#lookAhead}
 * @param activeUnits units with z1 &gt; 0
 * @param flips units whose activity changed by the step that led here; 0 after {@link
 *     SoftmaxReluObjective#moveTo}
 * @param largestLogit max |z_i|
 * @param lossRounding a difference of losses below this is rounding: eps (max(1, max|z|) ‖f∘c‖ +
 *     Lreg), since an error eps |z_i| of a logit moves f_i by eps |z_i| f_i
 */
public record Evaluation(
    double dataLoss,
    double regularization,
    double gradientNorm,
    int activeUnits,
    int flips,
    double largestLogit,
    double lossRounding) {

  /** Lreg = L + 1/2 ‖W z‖². */
  public double loss() {
    return dataLoss + regularization;
  }

  /** False when the loss or the gradient overflowed. */
  public boolean isFinite() {
    return Double.isFinite(loss()) && Double.isFinite(gradientNorm);
  }
}
