package io.github.relumax.cpu;

/**
 * How threads share a {@link SparseMatrix}: in parts of about as many non-zeros. Rows may differ
 * much, as those of frequent and of rare words do, and so may columns.
 */
final class SparseSplit {
  /** Non-zeros that are worth a thread. */
  private static final double GRAIN = 16_384;

  /**
   * A row, or column, takes as long as so many non-zeros, beside its own: where a loop ends is hard
   * to predict.
   */
  private static final long ROW_WEIGHT = 32;

  private final Parallel parallel;

  SparseSplit(Parallel parallel) {
    this.parallel = parallel;
  }

  /**
   * Runs the job over the rows of a.
   *
   * @param times how often each non-zero is taken, on average
   * @throws IllegalStateException if the matrix is closed
   */
  void rows(SparseMatrix a, double times, Parallel.RangeJob job) {
    a.requireOpen();
    parallel.run(a.rows(), i -> a.before(i) + ROW_WEIGHT * i, grain(times), job);
  }

  /** The same over its columns. */
  void columns(SparseMatrix a, double times, Parallel.RangeJob job) {
    a.requireOpen();
    parallel.run(a.columns(), j -> a.columnBegin(j) + ROW_WEIGHT * j, grain(times), job);
  }

  /** Non-zeros that are worth a thread if each is taken so often. */
  private static long grain(double times) {
    return (long) Math.clamp(GRAIN / times, 1.0, 1e15);
  }
}
