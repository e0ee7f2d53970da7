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
   * @return how many parts there were
   * @throws IllegalStateException if the matrix is closed
   */
  int rows(SparseMatrix a, double times, Parallel.RangeJob job) {
    a.requireOpen();
    return parallel.run(a.rows(), i -> a.before(i) + ROW_WEIGHT * i, grain(times), job);
  }

  /** The same over some of its columns. */
  void columns(SparseMatrix a, int[] columns, double times, Parallel.RangeJob job) {
    a.requireOpen();
    long[] before = new long[columns.length + 1];
    for (int c = 0; c < columns.length; c++) {
      long nonZeros = a.columnBegin(columns[c] + 1L) - a.columnBegin(columns[c]);
      before[c + 1] = before[c] + nonZeros + ROW_WEIGHT;
    }
    parallel.run(columns.length, c -> before[(int) c], grain(times), job);
  }

  /** Non-zeros that are worth a thread if each is taken so often. */
  private static long grain(double times) {
    return (long) Math.clamp(GRAIN / times, 1.0, 1e15);
  }
}
