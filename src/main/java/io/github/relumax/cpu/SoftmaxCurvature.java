package io.github.relumax.cpu;

import io.github.relumax.backend.CurvatureForm;

/**
 * The curvature of the loss in z: its diagonal a between projections, and its products. Loops go by
 * address: over segments, the JIT takes several times as long to compile them.
 */
final class SoftmaxCurvature {
  private final Parallel parallel;

  SoftmaxCurvature(Parallel parallel) {
    this.parallel = parallel;
  }

  /** {@link io.github.relumax.backend.Backend#curvatureWeights}, for vectors of m entries. */
  void weights(CurvatureForm form, long m, CpuBuffer f, CpuBuffer b, double fc, CpuBuffer a) {
    boolean exact = form == CurvatureForm.EXACT;
    parallel.run(
        m,
        Parallel.GRAIN,
        (_, low, high) -> {
          long softmax = f.address();
          long target = b.address();
          long weights = a.address();
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double fi = RawMemory.get(softmax + at);
            double weight = exact ? (2 * fi - RawMemory.get(target + at) - fc) * fi : fi * fi;
            RawMemory.set(weights + at, weight);
          }
        });
  }

  /**
   * {@link io.github.relumax.backend.Backend#applyCurvature}, for vectors of m entries.
   *
   * @param mean ⟨f, u⟩
   */
  void apply(
      long m, CpuBuffer a, CpuBuffer f, CpuBuffer w2, CpuBuffer u, double mean, CpuBuffer out) {
    parallel.run(
        m,
        Parallel.GRAIN,
        (part, low, high) -> {
          long weights = a.address();
          long from = u.address();
          double sum = 0;
          for (long at = 8 * low; at < 8 * high; at += 8) {
            sum += RawMemory.get(weights + at) * (RawMemory.get(from + at) - mean);
          }
          parallel.add(part, 0, sum);
        });
    double sum = parallel.sum(0);
    parallel.run(
        m,
        Parallel.GRAIN,
        (_, low, high) -> {
          long weights = a.address();
          long softmax = f.address();
          long from = u.address();
          long to = out.address();
          long squares = w2 == null ? 0 : w2.address();
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double ui = RawMemory.get(from + at);
            double value =
                RawMemory.get(weights + at) * (ui - mean) - sum * RawMemory.get(softmax + at);
            RawMemory.set(to + at, w2 == null ? value : value + RawMemory.get(squares + at) * ui);
          }
        });
  }
}
