package io.github.relumax.newton;

/** How a solve ended, and for every end but success what to change. */
public enum Status {
  STEP_SMALL(true, "the next Newton step is shorter than tolerance times ‖x‖", ""),
  GRADIENT_AT_ROUNDING(
      true, "loss and gradient cannot be lowered further in float64: they are rounding", ""),
  LOSS_AT_ROUNDING(
      true, "no loss is left: softmax(A2 relu(A1 x)) is b, but for the rounding of float64", ""),
  STALLED_AT_KINK(
      false,
      "no step lowers the loss any more, though the generalized gradient is not 0: units sit at or"
          + " next to their kink (z1 = 0)",
      "try another start (--start random --seed K) and keep the lower loss"),
  FLAT(
      false,
      "the loss is flat to rounding here although a Newton step is not short: softmax is saturated",
      "start elsewhere (--start random --seed K), or scale A2 down"),
  ITERATION_LIMIT(
      false,
      "the iteration limit was reached",
      "raise --max-iterations, or go on from the result (--start OUT/x.npy)"),
  TIME_LIMIT(
      false,
      "the time limit was reached",
      "raise --time-limit, or go on from the result (--start OUT/x.npy)"),
  NO_ACTIVE_UNIT(
      false,
      "no unit is active (A1 x <= 0 in every entry), so the gradient is exactly 0 whatever the"
          + " data",
      "start from a point where some entry of A1 x is positive: --start random, or another --seed"),
  NON_FINITE(
      false,
      "the loss, its derivatives or ‖x‖ leave the range of float64",
      "scale A2, the weights or the start until the logits A2 relu(A1 x) and the loss are moderate;"
          + " scale A1 where x itself is huge or tiny"),
  INTERRUPTED(
      false, "the solve was interrupted", "go on from the best iterate so far (--start OUT/x.npy)"),
  FAILED(
      false,
      "an error ended the solve",
      "see to the error, then go on from the best iterate so far (--start OUT/x.npy)");

  private final boolean converged;
  private final String meaning;
  private final String advice;

  Status(boolean converged, String meaning, String advice) {
    this.converged = converged;
    this.meaning = meaning;
    this.advice = advice;
  }

  public boolean converged() {
    return converged;
  }

  /** What happened, in one line. */
  public String meaning() {
    return meaning;
  }

  /** What to change, in one line; empty when converged. */
  public String advice() {
    return advice;
  }
}
