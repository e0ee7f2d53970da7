package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Lanes;
import io.github.relumax.objective.SoftmaxReluObjective;

/**
 * The memory that solving many targets at once needs where its backend computes, beside A1 and A2.
 *
 * @param one what one solve at a time needs
 * @param shared what all need together, where several are under way
 * @param each what each of several needs
 */
record TargetMemory(SolveMemory one, double shared, double each) {
  /** Targets under way at once, at most: with more A2 is hardly read less often. */
  static final int MOST_LANES = 16;

  static TargetMemory of(Backend backend, long m, long n, long d, SolveMemory one) {
    boolean host = !backend.memory().separate();
    double packed = backend.workspaceBytes(m, n, d);
    double java = host ? SolveMemory.JAVA_BYTES : 0;
    double solve = one.bytes() - packed - java;
    double lane = solve + Lanes.bytes(m, n, NewtonRun.MOST_TRIALS);
    SoftmaxReluObjective.Workspace start =
        SoftmaxReluObjective.workspace(m, n, d, 1, one.path());
    double rows = backend.transposedBytes(n, (long) MOST_LANES * NewtonRun.MOST_TRIALS);
    double together = packed + java + rows + start.c() + start.vectors();
    return new TargetMemory(one, together, lane);
  }

  /** How many of so many targets are to be under way at once. */
  int lanes(int targets, long available) {
    double fit = (available - shared) / each;
    return (int) Math.clamp(fit, 1, Math.min(targets, MOST_LANES));
  }
}
