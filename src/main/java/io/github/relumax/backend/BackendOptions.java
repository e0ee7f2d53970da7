package io.github.relumax.backend;

/**
 * How to open a backend.
 *
 * @param threads worker threads, 0 for one per available processor
 */
public record BackendOptions(int threads) {
  public static final BackendOptions DEFAULTS = new BackendOptions(0);

  public BackendOptions {
    if (threads < 0 || threads > 1024) {
      throw new IllegalArgumentException("threads is " + threads + ", expected 0 (all) to 1024");
    }
  }
}
