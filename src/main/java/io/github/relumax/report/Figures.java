package io.github.relumax.report;

import io.github.relumax.backend.Work;

/**
 * Seconds of a part of a solve over the warm solves, and what was done in them.
 *
 * @param work of one solve
 * @param floor seconds that the work takes at the ceilings, each primitive at its own
 */
public record Figures(Spread seconds, Work work, double floor) {
  private static final double GIGA = 1e9;

  /** Operations over the median seconds, in GFLOP/s; not finite where there was no time. */
  public double gigaflops() {
    return work.flops() / GIGA / seconds.median();
  }

  /** Bytes over the median seconds, in GB/s. */
  public double gigabytes() {
    return work.bytes() / GIGA / seconds.median();
  }

  /** The floor over the median seconds: 1 at the ceilings, more where caches spare memory. */
  public double ofCeiling() {
    return floor / seconds.median();
  }
}
