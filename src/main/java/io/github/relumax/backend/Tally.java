package io.github.relumax.backend;

/**
 * What calls of one primitive came to.
 *
 * @param seconds from each call to its return
 */
public record Tally(long calls, double seconds, Work work) {
  public static final Tally NONE = new Tally(0, 0, Work.NONE);

  /** Both together. */
  public Tally plus(Tally other) {
    return new Tally(calls + other.calls, seconds + other.seconds, work.plus(other.work));
  }
}
