package io.github.relumax.newton;

import java.util.Locale;

/** Where the time of a solve goes. */
public enum Phase {
  /** Choosing and solving the coarse problem. */
  COARSE,
  /** Loss and gradient at the start and at accepted points. */
  EVALUATE,
  /** Forming C and the d x d matrix. */
  CURVATURE,
  /** Factorisations and triangular solves. */
  STEP,
  /** Losses at trial points. */
  TRIAL;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
