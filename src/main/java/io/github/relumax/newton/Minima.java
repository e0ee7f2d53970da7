package io.github.relumax.newton;

import java.util.Locale;

/** Which minimum a solve is to find: the loss has many that differ in the units they use. */
public enum Minima {
  /** The one that the steps from x0 lead to. */
  FIRST,
  /** The lowest that {@link Descents} find: the first descent and a few more. */
  LOWER,
  /**
   * {@link #LOWER} where a lower minimum is likely, else {@link #FIRST}: see {@link
   * Descents#promising}.
   */
  AUTO;

  /** "first", "lower" or "auto". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
