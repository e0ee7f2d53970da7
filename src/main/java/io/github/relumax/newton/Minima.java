package io.github.relumax.newton;

import java.util.Locale;

/** Which minimum a solve is to find: the loss has many that differ in the units they use. */
public enum Minima {
  /** The one that the steps from x0 lead to. */
  FIRST,
  /**
   * The lowest of several descents: two of the coarse problem ({@link CoarseDescents}) where the
   * solve goes on from its end, else the first descent and a few more ({@link Descents}).
   */
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
