package io.github.relumax.backend;

/**
 * How to open a backend.
 *
 * @param threads worker threads, 0 for one per available processor
 * @param device which device of a backend that has several, from 0 on
 */
public record BackendOptions(int threads, int device) {
  public static final BackendOptions DEFAULTS = new BackendOptions(0);

  public BackendOptions {
    if (threads < 0 || threads > 1024) {
      throw new IllegalArgumentException("threads is " + threads + ", expected 0 (all) to 1024");
    }
    if (device < 0) {
      throw new IllegalArgumentException("device is " + device + ", expected 0 or more");
    }
  }

  /** On the first device. */
  public BackendOptions(int threads) {
    this(threads, 0);
  }
}
