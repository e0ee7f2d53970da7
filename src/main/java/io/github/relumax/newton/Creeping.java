package io.github.relumax.newton;

import io.github.relumax.objective.Evaluation;

/**
 * Whether steps that know nothing of kinks creep: they switch units, leave most of the loss, and
 * bring less than their model promised.
 */
final class Creeping {
  /** More than this part of the loss is most of it. */
  private static final double MOST = 0.5;

  /** After so many such steps, one after the other, something else is to be tried. */
  private static final int STEPS = 2;

  /** Steps in a row that brought less than was promised for the whole of them. */
  private int creeping;

  /** Steps in a row that brought less than was promised for their own length, too. */
  private int disappointing;

  /**
   * After a step.
   *
   * @param loss before it
   * @param now where it led
   * @param promised decrease of the whole step
   * @param gainRatio of the step as it was taken
   */
  void accepted(double loss, Evaluation now, double promised, double gainRatio) {
    boolean slow = now.flips() > 0 && now.loss() > MOST * loss;
    boolean creeps = slow && loss - now.loss() < Damping.GOOD * promised;
    creeping = creeps ? creeping + 1 : 0;
    disappointing = slow && gainRatio < Damping.GOOD ? disappointing + 1 : 0;
  }

  /** Whether steps creep. */
  boolean isSeen() {
    return creeping == STEPS || disappointing == STEPS;
  }

  /** Whether the model is to blame, and not only that steps had to be shortened. */
  boolean disappoints() {
    return disappointing == STEPS;
  }

  /** Something else was tried, without success. */
  void tried() {
    creeping = 0;
  }

  /** The steps to come have nothing to do with those before. */
  void restart() {
    creeping = 0;
    disappointing = 0;
  }
}
