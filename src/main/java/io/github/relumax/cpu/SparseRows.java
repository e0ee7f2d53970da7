package io.github.relumax.cpu;

/** Fills a new {@link SparseMatrix} with rows of another one. */
final class SparseRows {
  private final SparseMatrix to;
  private final SparseMatrix from;
  private final int[] numbers;
  private final Parallel parallel;

  /**
   * @param numbers the row of {@code from} that each row is to be
   */
  SparseRows(SparseMatrix to, SparseMatrix from, int[] numbers, Parallel parallel) {
    this.to = to;
    this.from = from;
    this.numbers = numbers;
    this.parallel = parallel;
  }

  void copy() {
    long before = 0;
    for (int i = 0; i <= numbers.length; i++) {
      RawMemory.setLong(to.rowBegins() + 8L * i, before);
      before += i < numbers.length ? from.count(numbers[i]) : 0;
    }
    new SparseColumns(to, parallel).make(this::copyRows);
  }

  private void copyRows(long low, long high, SparseColumns.Counter counter) {
    for (long i = low; i < high; i++) {
      int number = numbers[(int) i];
      RawMemory.copy(from.values(number), to.values(i), 8L * to.count(i));
      RawMemory.copy(from.columns(number), to.columns(i), 4L * to.count(i));
      counter.rows(i, i + 1);
    }
  }
}
