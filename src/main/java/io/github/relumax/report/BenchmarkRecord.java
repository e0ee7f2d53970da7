package io.github.relumax.report;

import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All that a benchmark measured.
 *
 * @param settings what was solved
 * @param generateSeconds for drawing the problem
 * @param cold the first solve, before the virtual machine has compiled its code
 * @param warm the solves after it
 * @param ceilings measured before every warm solve
 * @param peakBytes most resident memory of the process up to the end of the first solve
 */
public record BenchmarkRecord(
    BenchmarkSettings settings,
    double generateSeconds,
    BenchmarkSolve cold,
    List<BenchmarkSolve> warm,
    List<Ceiling> ceilings,
    OptionalLong peakBytes) {

  public BenchmarkRecord {
    warm = List.copyOf(warm);
    ceilings = List.copyOf(ceilings);
  }

  /** The cold solve and the warm ones, in the order they ran. */
  public List<BenchmarkSolve> solves() {
    List<BenchmarkSolve> all = new ArrayList<>();
    all.add(cold);
    all.addAll(warm);
    return all;
  }

  /** Whether every solve converged to x*. */
  public boolean found() {
    return solves().stream().allMatch(BenchmarkSolve::found);
  }

  /** What {@link #peakBytes} is meant to stay below. */
  public long boundBytes() {
    double a1 = 8.0 * settings.n() * settings.d();
    double a2 = (double) settings.type().bytes() * settings.m() * settings.n();
    CurvaturePath path = cold.solution().path();
    return SolveMemory.residentBound(
        a1 + a2,
        SoftmaxReluObjective.blockRows(settings.m(), settings.d(), path) * 8.0 * settings.d());
  }

  /** Seconds of the warm solves. */
  public Spread seconds() {
    return Spread.of(warm.stream().map(solve -> solve.solution().seconds()).toList());
  }

  /** Seconds of the warm solves by phase. */
  public Map<String, Spread> phases() {
    Map<String, List<Double>> runs = new LinkedHashMap<>();
    for (BenchmarkSolve solve : warm) {
      PhaseSeconds.of(solve.solution())
          .forEach(
              (phase, seconds) -> runs.computeIfAbsent(phase, _ -> new ArrayList<>()).add(seconds));
    }
    Map<String, Spread> spreads = new LinkedHashMap<>();
    runs.forEach((phase, seconds) -> spreads.put(phase, Spread.of(seconds)));
    return spreads;
  }
}
