package io.github.relumax.text;

/** Hears how far {@link TextProblem#build} has come. */
@FunctionalInterface
public interface TextProgress {
  /** Says nothing. */
  TextProgress NONE = (stage, fraction) -> {};

  /**
   * Called at least at the start (0) and the end (1) of every stage.
   *
   * @param stage what is being done, such as "counting words"
   * @param fraction how much of this stage is done, from 0 to 1, never falling
   */
  void report(String stage, double fraction);
}
