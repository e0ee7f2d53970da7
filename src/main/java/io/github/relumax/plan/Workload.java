package io.github.relumax.plan;

import io.github.relumax.matrix.ElementType;

/**
 * What is to be solved, and how its solve is expected to go.
 *
 * @param m rows of A2
 * @param n hidden units
 * @param d unknowns
 * @param type storage of A2
 * @param activeUnits units with z1 &gt; 0
 * @param flips units that one step switches on or off
 * @param iterations accepted steps
 * @param sampledRows rows of C in a sample, where rows are sampled
 */
public record Workload(
    int m,
    int n,
    int d,
    ElementType type,
    int activeUnits,
    double flips,
    int iterations,
    double sampledRows) {

  /** Iterations that a solve from a start near the solution takes, about. */
  public static final int USUAL_ITERATIONS = 8;

  /**
   * Flips of one step for each active unit, the mean over a solve from start distance 0.3: a tenth
   * in each of the first steps, none in the last. 10,000 x 1,024 x 128 had 0.031, 40,000 x 3,072 x
   * 256 had 0.037, 200,000 x 1,000 x 200 had 0.029.
   */
  public static final double USUAL_FLIPS = 0.035;

  /** The workload with flips as usual. */
  public static Workload usual(
      int m, int n, int d, ElementType type, int activeUnits, int iterations, double sampledRows) {
    double flips = USUAL_FLIPS * activeUnits;
    return new Workload(m, n, d, type, activeUnits, flips, iterations, sampledRows);
  }

  /** Bytes of A2, at most the largest long. */
  public long a2Bytes() {
    return (long) ((double) type.bytes() * m * n);
  }

  /** Bytes of C. */
  double cBytes() {
    return 8.0 * m * d;
  }
}
