package io.github.relumax.plan;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.newton.StepMethod;
import java.util.Optional;

/**
 * What is to be solved, and how its solve is expected to go.
 *
 * @param m rows of A2
 * @param n hidden units
 * @param d unknowns
 * @param type storage of A2
 * @param nonZeros entries of A2 that are not zero
 * @param compressedBytes what the backend keeps of A2 instead of all entries; 0 where it does not
 * @param activeUnits units with z1 &gt; 0
 * @param flips units that one step switches on or off
 * @param iterations accepted steps
 * @param sampledRows rows of C in a sample, where rows are sampled
 * @param coarse the coarse problem that is solved before; empty where there is none
 */
public record Workload(
    int m,
    int n,
    int d,
    ElementType type,
    long nonZeros,
    long compressedBytes,
    int activeUnits,
    double flips,
    int iterations,
    double sampledRows,
    Optional<Coarse> coarse) {

  /**
   * The coarse problem.
   *
   * @param rows of A2 that it has
   * @param method what stands for H in it
   * @param iterations accepted steps
   * @param lossless whether no loss of the whole problem is left at its end, where the solve ends
   */
  public record Coarse(int rows, StepMethod method, int iterations, boolean lossless) {}

  /** Iterations that a solve from a start near the solution takes, about. */
  public static final int USUAL_ITERATIONS = 8;

  /**
   * Flips of one step for each active unit, the mean over a solve from start distance 0.3: a tenth
   * in each of the first steps, none in the last. 10,000 x 1,024 x 128 had 0.031, 40,000 x 3,072 x
   * 256 had 0.037, 200,000 x 1,000 x 200 had 0.029.
   */
  public static final double USUAL_FLIPS = 0.035;

  /** The workload with a dense A2. */
  public Workload(
      int m,
      int n,
      int d,
      ElementType type,
      int activeUnits,
      double flips,
      int iterations,
      double sampledRows) {
    this(
        m,
        n,
        d,
        type,
        (long) m * n,
        0,
        activeUnits,
        flips,
        iterations,
        sampledRows,
        Optional.empty());
  }

  /** The workload with a dense A2 and flips as usual. */
  public static Workload usual(
      int m, int n, int d, ElementType type, int activeUnits, int iterations, double sampledRows) {
    double flips = USUAL_FLIPS * activeUnits;
    return new Workload(m, n, d, type, activeUnits, flips, iterations, sampledRows);
  }

  /** This workload where so many entries of A2 are not zero. */
  public Workload withNonZeros(long count, long compressed) {
    return new Workload(
        m, n, d, type, count, compressed, activeUnits, flips, iterations, sampledRows, coarse);
  }

  /** This workload after a coarse problem, which has most of the flips; so many are left. */
  public Workload after(Coarse before, int iterationsLeft, double flipsLeft) {
    return new Workload(
        m,
        n,
        d,
        type,
        nonZeros,
        compressedBytes,
        activeUnits,
        flipsLeft,
        iterationsLeft,
        sampledRows,
        Optional.of(before));
  }

  /** This workload where some x gives f = b, so that nothing is left after the coarse problem. */
  public Workload lossless() {
    Coarse before = coarse.orElseThrow();
    return after(new Coarse(before.rows(), before.method(), before.iterations(), true), 0, 0);
  }

  /** Whether no loss is left after the coarse problem. */
  boolean endsCoarsely() {
    return coarse.filter(Coarse::lossless).isPresent();
  }

  /** The coarse problem's own workload, with non-zeros spread evenly and flips as usual. */
  Workload coarseLoad(Coarse of) {
    double part = (double) of.rows() / m;
    return usual(
            of.rows(), n, d, type, activeUnits, of.iterations(), Math.min(of.rows(), sampledRows))
        .withNonZeros((long) (part * nonZeros), (long) (part * compressedBytes));
  }

  /** Bytes of A2 as it is stored, at most the largest long. */
  public long a2Bytes() {
    return (long) ((double) type.bytes() * m * n);
  }

  /** Whether only the non-zeros of A2 are computed with. */
  public boolean compressed() {
    return compressedBytes > 0;
  }

  /**
   * Bytes that a pass over A2 reads: of non-zeros, which are there by rows and by columns, half.
   */
  double a2PassBytes() {
    return compressed() ? compressedBytes / 2.0 : a2Bytes();
  }

  /** Entries of A2 that are computed with. */
  double a2Entries() {
    return compressed() ? nonZeros : (double) m * n;
  }

  /** Bytes of C. */
  double cBytes() {
    return 8.0 * m * d;
  }
}
