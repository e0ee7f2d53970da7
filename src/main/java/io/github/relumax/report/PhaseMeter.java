package io.github.relumax.report;

import io.github.relumax.backend.MeteredBackend;
import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.IterationListener;
import io.github.relumax.newton.Phase;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells a metered backend, as the listener of one solve, which phase its calls belong to. */
public final class PhaseMeter implements IterationListener {
  private final MeteredBackend backend;
  private final Map<String, Map<Primitive, Tally>> work = new LinkedHashMap<>();

  /** Begins to count, outside any phase. */
  public PhaseMeter(MeteredBackend backend) {
    this.backend = backend;
    for (String phase : PhaseSeconds.names()) {
      work.put(phase, new EnumMap<>(Primitive.class));
    }
    count(PhaseSeconds.OTHER);
  }

  private void count(String phase) {
    backend.countInto(work.get(phase));
  }

  @Override
  public void onIteration(Iteration iteration) {}

  @Override
  public void phaseBegins(Phase phase) {
    count(phase.toString());
  }

  @Override
  public void phaseEnds(Phase phase) {
    count(PhaseSeconds.OTHER);
  }

  /** What was counted by phase, {@code other} last, and by primitive. */
  public Map<String, Map<Primitive, Tally>> work() {
    return work;
  }
}
