package io.github.relumax.report;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.newton.CoarseRows;
import io.github.relumax.newton.Minima;

/**
 * Which problem a benchmark solves, and how often.
 *
 * @param name of the preset, the sizes as m x n x d without spaces, or the name of the folder
 * @param m rows of A2
 * @param n hidden units
 * @param d unknowns
 * @param type storage of A2
 * @param origin where the problem came from
 * @param minima which minimum the solves look for
 * @param coarseRows rows of the coarse problem that solves begin with
 * @param warmUp solves between the first one and the warm ones, which do not count
 * @param repeat warm solves
 */
public record BenchmarkSettings(
    String name,
    int m,
    int n,
    int d,
    ElementType type,
    Origin origin,
    Minima minima,
    CoarseRows coarseRows,
    int warmUp,
    int repeat) {

  /** Where a problem came from. */
  public sealed interface Origin {}

  /**
   * It was drawn.
   *
   * @param scale of A2
   * @param startDistance of x0 from x*
   * @param seed of the problem
   */
  public record Drawn(double scale, double startDistance, long seed) implements Origin {}

  /**
   * It was read.
   *
   * @param dir the problem folder, as it was given
   */
  public record Folder(String dir) implements Origin {}
}
