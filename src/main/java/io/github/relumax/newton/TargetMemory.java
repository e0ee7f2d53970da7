package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Lanes;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.List;

/**
 * The memory that solving many targets at once needs where its backend computes, beside A1 and A2.
 *
 * @param shared what all need together, where several are under way
 * @param each what each of several needs
 */
record TargetMemory(double shared, double each) {
  /**
   * @param workers backends for a target each; empty where all share one
   * @param one what one solve needs
   * @param coarse bytes of a solve's coarse problem
   * @param atOnce targets under way at once, at most
   */
  static TargetMemory of(
      Backend backend,
      List<Backend> workers,
      long m,
      long n,
      long d,
      SolveMemory one,
      double coarse,
      int atOnce) {
    double each = one.ownBytes() + coarse;
    each +=
        workers.isEmpty()
            ? Lanes.bytes((double) m, (double) n, NewtonRun.MOST_ROWS)
            : SolveMemory.scratchBytes(workers.getFirst(), m, n, d);
    if (!backend.memory().separate()) {
      each += SolveMemory.javaBytes(m, n, d);
    }
    SoftmaxReluObjective.Workspace start = SoftmaxReluObjective.workspace(m, n, d, 1, one.path());
    double products =
        workers.isEmpty() ? backend.transposedBytes(n, (long) atOnce * NewtonRun.MOST_ROWS) : 0;
    boolean whole = SoftmaxReluObjective.blockRows(m, d, one.path()) == m;
    double startC = whole ? start.c() : 0;
    double shared = one.bytes() - one.ownBytes() + products + startC + start.vectors();
    return new TargetMemory(shared, each);
  }

  /** How many are to be under way at once, so many at most. */
  int lanes(int most, long available) {
    return (int) Math.clamp((available - shared) / each, 1, most);
  }
}
