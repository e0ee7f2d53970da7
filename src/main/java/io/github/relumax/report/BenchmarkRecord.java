package io.github.relumax.report;

import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.backend.Work;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.SolveMemory;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * All that a benchmark measured.
 *
 * @param settings what was solved
 * @param prepareSeconds for drawing the problem, or reading it
 * @param cold the first solve, before the virtual machine has compiled its code
 * @param warmUp the solves after it while the virtual machine still compiles, which do not count
 * @param warm the solves after these
 * @param ceilings measured before every warm solve, one of each kind
 * @param sampledRows rows that a sample is assumed to have by the cost model
 * @param nonZeros entries of A2 that are not zero
 * @param compressedBytes what the backend keeps of A2 beside it; 0 where A2 is computed with as it
 *     is
 * @param peakBytes most resident memory of the process up to the end of the first solve
 */
public record BenchmarkRecord(
    BenchmarkSettings settings,
    double prepareSeconds,
    BenchmarkSolve cold,
    List<BenchmarkSolve> warmUp,
    List<BenchmarkSolve> warm,
    List<Ceiling> ceilings,
    double sampledRows,
    long nonZeros,
    long compressedBytes,
    OptionalLong peakBytes) {

  public BenchmarkRecord {
    warmUp = List.copyOf(warmUp);
    warm = List.copyOf(warm);
    ceilings = List.copyOf(ceilings);
  }

  /** All solves, in the order they ran. */
  public List<BenchmarkSolve> solves() {
    List<BenchmarkSolve> all = new ArrayList<>();
    all.add(cold);
    all.addAll(warmUp);
    all.addAll(warm);
    return all;
  }

  /** Whether every solve converged, to x* where that is known. */
  public boolean found() {
    return solves().stream().allMatch(BenchmarkSolve::found);
  }

  /** What {@link #peakBytes} is meant to stay below. */
  public long boundBytes() {
    double a1 = 8.0 * settings.n() * settings.d();
    double a2 = (double) settings.type().bytes() * settings.m() * settings.n();
    CurvaturePath path = cold.solution().path();
    return SolveMemory.residentBound(
        a1 + a2 + compressedBytes,
        SoftmaxReluObjective.blockRows(settings.m(), settings.d(), path) * 8.0 * settings.d());
  }

  /** Seconds of the warm solves, and all that was done in one. */
  public Figures whole() {
    Work work = Work.NONE;
    double floor = 0;
    for (Figures phase : phases().values()) {
      work = work.plus(phase.work());
      floor += phase.floor();
    }
    return new Figures(spread(solve -> solve.solution().seconds()), work, floor);
  }

  /** The same by phase, {@code other} last; without a coarse problem there is no such phase. */
  public Map<String, Figures> phases() {
    Roofline roofline = new Roofline(ceilings);
    Map<String, Figures> phases = new LinkedHashMap<>();
    for (String phase : PhaseSeconds.names()) {
      if (phase.equals(Phase.COARSE.toString()) && counted().solution().coarse().isEmpty()) {
        continue;
      }
      Work work = Work.NONE;
      double floor = 0;
      for (Map.Entry<Primitive, Tally> done : counted().work().get(phase).entrySet()) {
        work = work.plus(done.getValue().work());
        floor += roofline.floor(done.getKey(), done.getValue().work());
      }
      Spread seconds = spread(solve -> PhaseSeconds.of(solve.solution()).get(phase));
      phases.put(phase, new Figures(seconds, work, floor));
    }
    return phases;
  }

  /** The same by primitive, the one that took longest first; those never called are left out. */
  public List<PrimitiveFigures> primitives() {
    Roofline roofline = new Roofline(ceilings);
    return Arrays.stream(Primitive.values())
        .filter(primitive -> counted().tally(primitive).calls() > 0)
        .map(primitive -> figures(primitive, roofline))
        .sorted(
            Comparator.comparingDouble((PrimitiveFigures p) -> p.figures().seconds().median())
                .reversed())
        .toList();
  }

  private PrimitiveFigures figures(Primitive primitive, Roofline roofline) {
    Tally tally = counted().tally(primitive);
    double floor = 0;
    for (Map<Primitive, Tally> phase : counted().work().values()) {
      floor += roofline.floor(primitive, phase.getOrDefault(primitive, Tally.NONE).work());
    }
    Spread seconds = spread(solve -> solve.tally(primitive).seconds());
    return new PrimitiveFigures(
        primitive,
        tally.calls(),
        new Figures(seconds, tally.work(), floor),
        seconds.median() / whole().seconds().median(),
        roofline.bound(primitive, tally.work()));
  }

  /** The solve whose work is told: all do the same, since the same inputs give the same bits. */
  private BenchmarkSolve counted() {
    return warm.getLast();
  }

  private Spread spread(ToDoubleFunction<BenchmarkSolve> seconds) {
    return Spread.of(warm.stream().map(seconds::applyAsDouble).toList());
  }
}
