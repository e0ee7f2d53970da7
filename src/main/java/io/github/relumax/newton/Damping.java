package io.github.relumax.newton;

/**
 * Levenberg-Marquardt damping mu, as a multiple of mean |H_jj| so that scaling the loss changes
 * nothing. It falls when the model predicted the decrease well, and rises when it did not.
 */
final class Damping {
  static final double START = 1e-3;
  static final double LEAST = 1e-15;

  /** Beyond this a step is a tiny multiple of the gradient: nothing more is to be gained. */
  static final double MOST = 1e15;

  /** A model with at least this gain ratio is good. */
  static final double GOOD = 0.75;

  private static final double POOR = 0.25;
  private static final double DOWN = 8;
  private static final double UP = 4;

  private static final double TRUSTED = 1e-8;

  /**
   * Where the coarse problem has ended: from {@link #START} it takes another few iterations to come
   * down, and below this no fewer.
   */
  private static final double COARSE = 1e-5;

  private double start = START;
  private double mu = START;

  double value() {
    return mu;
  }

  /** A solve begins with another damping than {@link #START}. */
  void startWith(double value) {
    start = value;
    mu = value;
  }

  /** After an accepted step with this ratio of actual to predicted decrease. */
  void accepted(double gainRatio) {
    if (gainRatio > GOOD) {
      mu = Math.max(mu / DOWN, LEAST);
    } else if (gainRatio < POOR) {
      raise();
    }
  }

  /**
   * The same for models that know about kinks, whose ratio says more: mu changes by 1 - (2 ratio -
   * 1)³, within 1/8 and 2 (Nielsen 1999).
   */
  void acceptedAtKinks(double gainRatio) {
    double r = Math.clamp(2 * gainRatio - 1, -1, 1);
    mu = Math.max(mu * Math.max(1 / DOWN, 1 - r * r * r), LEAST);
  }

  /** The model is another one from now on. */
  void restart() {
    restart(start);
  }

  /** The steps to come have nothing to do with the last one. */
  void restart(double value) {
    mu = value;
  }

  /** At the end of a coarse problem, whose model was good. */
  void restartAfterCoarse() {
    restart(COARSE);
  }

  /** Where steps are to be short again ({@link Descents}). */
  void raiseToStart() {
    mu = Math.max(mu, START);
  }

  /** After steps with next to none. */
  void trusted() {
    mu = Math.min(mu, TRUSTED);
  }

  void raise() {
    mu *= UP;
  }

  boolean isExhausted() {
    return mu > MOST;
  }
}
