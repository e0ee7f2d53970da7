package io.github.relumax.cpu;

/**
 * Makes the columns of a new {@link SparseMatrix} from its rows, once it is known how many
 * non-zeros each row has. Each thread counts what its rows have in each column while it puts them
 * in their place, when they are in its cache; then it knows where in each column its own begin.
 */
final class SparseColumns {
  private final SparseMatrix to;
  private final Parallel parallel;
  private final int columns;

  SparseColumns(SparseMatrix to, Parallel parallel) {
    this.to = to;
    this.parallel = parallel;
    columns = (int) to.columns();
  }

  /** Counts rows that are in their place. */
  @FunctionalInterface
  interface Counter {
    void rows(long low, long high);
  }

  /** Puts rows in their place. */
  @FunctionalInterface
  interface Placing {
    /**
     * Writes values and numbers of columns of these rows.
     *
     * @param counter is to be told of each row afterwards
     */
    void rows(long low, long high, Counter counter);
  }

  void make(Placing placing) {
    for (int part = 0; part < parallel.threads(); part++) {
      RawMemory.clear(counters(part), 8L * columns);
    }
    SparseSplit split = new SparseSplit(parallel);
    split.rows(
        to,
        1,
        (part, low, high) -> {
          long counters = counters(part);
          placing.rows(low, high, (from, end) -> count(from, end, counters));
        });
    placeColumns();
    // Each part gets the rows that it counted.
    split.rows(to, 1, this::copyToColumns);
  }

  /** A number for each column: how many a part has there, and then the place of the next. */
  private long counters(int part) {
    return parallel.scratch(part, Parallel.RESULT, columns).address();
  }

  private void count(long low, long high, long counters) {
    long end = to.columns(high);
    for (long number = to.columns(low); number != end; number += 4) {
      long counter = counters + 8L * RawMemory.getInt(number);
      RawMemory.setLong(counter, RawMemory.getLong(counter) + 1);
    }
  }

  private void placeColumns() {
    long place = 0;
    for (int j = 0; j < columns; j++) {
      RawMemory.setLong(to.columnBegins() + 8L * j, place);
      for (int part = 0; part < parallel.threads(); part++) {
        long counter = counters(part) + 8L * j;
        long count = RawMemory.getLong(counter);
        RawMemory.setLong(counter, place);
        place += count;
      }
    }
    RawMemory.setLong(to.columnBegins() + 8L * columns, place);
  }

  private void copyToColumns(int part, long low, long high) {
    long counters = counters(part);
    for (long i = low; i < high; i++) {
      long value = to.values(i);
      long column = to.columns(i);
      for (long end = value + 8L * to.count(i); value != end; value += 8, column += 4) {
        long counter = counters + 8L * RawMemory.getInt(column);
        long place = RawMemory.getLong(counter);
        RawMemory.setLong(counter, place + 1);
        RawMemory.set(to.columnValues(place), RawMemory.get(value));
        RawMemory.setInt(to.rowNumbers(place), (int) i);
      }
    }
  }
}
