package io.github.relumax.backend;

/**
 * The scalars of one softmax evaluation.
 *
 * @param dataLoss 1/2 ‖f - b‖²
 * @param regularization 1/2 ‖W z‖²
 * @param fc ⟨f, f - b⟩
 * @param ff ⟨f, f⟩
 * @param fcNorm ‖f∘(f - b)‖, which sets how rounding of f shows in the loss
 * @param largestLogit max |z_i|
 */
public record SoftmaxSums(
    double dataLoss,
    double regularization,
    double fc,
    double ff,
    double fcNorm,
    double largestLogit) {

  /** 1/2 ‖f - b‖² + 1/2 ‖W z‖². */
  public double loss() {
    return dataLoss + regularization;
  }
}
