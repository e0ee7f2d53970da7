package io.github.relumax.report;

import io.github.relumax.newton.Status;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One solve of many targets from start to end.
 *
 * @param solves one for each target, in their order
 * @param atOnce targets that were under way at once, at most
 * @param seconds from the start of the first solve to the end of the last
 * @param readSeconds for reading and checking the problem
 */
public record TargetsRecord(
    List<SolveRecord> solves, int atOnce, double seconds, double readSeconds) {
  public TargetsRecord {
    solves = List.copyOf(solves);
  }

  /** How many targets ended in each way. */
  public Map<Status, Integer> ends() {
    Map<Status, Integer> ends = new EnumMap<>(Status.class);
    for (SolveRecord solve : solves) {
      ends.merge(solve.solution().status(), 1, Integer::sum);
    }
    return ends;
  }

  /** How many targets converged. */
  public int converged() {
    return (int) solves.stream().filter(solve -> solve.solution().converged()).count();
  }

  /** Accepted steps of all targets. */
  public long iterations() {
    return solves.stream().mapToLong(solve -> solve.solution().iterations()).sum();
  }

  /** Targets that came to an end of their own, in a second. */
  public double targetsPerSecond() {
    Map<Status, Integer> ends = ends();
    ends.keySet().removeAll(Set.of(Status.INTERRUPTED, Status.TIME_LIMIT, Status.FAILED));
    return ends.values().stream().mapToInt(count -> count).sum() / seconds;
  }
}
