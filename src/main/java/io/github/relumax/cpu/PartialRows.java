package io.github.relumax.cpu;

/** One sum of rows for each part of a job, and their sum in the order of the parts. */
final class PartialRows {
  private final Kernels kernels;
  private final Parallel parallel;
  private final int columns;

  PartialRows(Kernels kernels, Parallel parallel, int columns) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.columns = columns;
  }

  /** The sum of a part, set to zero. */
  long clear(int part) {
    long sum = at(part);
    RawMemory.clear(sum, 8L * columns);
    return sum;
  }

  /** out = Σ over the parts of their sums. */
  void addUp(int parts, CpuBuffer out) {
    parallel.run(
        columns,
        Parallel.GRAIN,
        (_, low, high) -> {
          long to = out.address() + 8 * low;
          RawMemory.clear(to, 8 * (high - low));
          for (int part = 0; part < parts; part++) {
            kernels.addRow(1, at(part) + 8 * low, to, (int) (high - low));
          }
        });
  }

  private long at(int part) {
    return parallel.scratch(part, Parallel.RESULT, columns).address();
  }
}
