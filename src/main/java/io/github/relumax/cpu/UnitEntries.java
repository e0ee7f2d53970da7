package io.github.relumax.cpu;

/**
 * Of a few rows of a {@link SparseMatrix}, the entries in the columns of listed units, row after
 * row: their values, and the places of the units in the list. A part has one at a time, in its
 * scratch.
 */
final class UnitEntries {
  /** Rows whose entries are listed at a time, at most. */
  private static final int MOST_ROWS = 256;

  /**
   * Non-zeros that are looked at for them, at most, but for a row that has more: so many, with
   * their places, leave room in a second cache.
   */
  private static final int MOST_ENTRIES = 18_432;

  private final SparseMatrix a2;
  private final long placeOf;
  private final Parallel parallel;
  private final int part;
  private final int[] ends = new int[MOST_ROWS];
  private long values;
  private long places;
  private int rows;

  /**
   * @param placeOf where the place of each unit in the list lies, 32 bits, -1 where it has none
   */
  UnitEntries(Parallel parallel, int part, SparseMatrix a2, long placeOf) {
    this.parallel = parallel;
    this.part = part;
    this.a2 = a2;
    this.placeOf = placeOf;
  }

  /** Lists those of rows first, first + 1, ..., below high: as many as are treated together. */
  void list(long first, long high) {
    int total = a2.count(first);
    rows = 1;
    while (rows < MOST_ROWS
        && first + rows < high
        && total + a2.count(first + rows) <= MOST_ENTRIES) {
      total += a2.count(first + rows);
      rows++;
    }
    // One more: what is not listed is written behind the last, and then over.
    values = parallel.scratch(part, Parallel.LEFT, Math.ceilDiv(3L * (total + 1), 2)).address();
    places = values + 8L * (total + 1);
    int end = 0;
    for (int r = 0; r < rows; r++) {
      end = list(a2.values(first + r), a2.columns(first + r), a2.count(first + r), end);
      ends[r] = end;
    }
  }

  /** Appends those of one row. */
  private int list(long from, long columns, int count, int begin) {
    int end = begin;
    for (int p = 0; p < count; p++) {
      int place = RawMemory.getInt(placeOf + 4L * RawMemory.getInt(columns + 4L * p));
      double value = RawMemory.get(from + 8L * p);
      RawMemory.set(values + 8L * end, value);
      RawMemory.setInt(places + 4L * end, place);
      // 1 where there is a place; a condition may become a branch that is hard to predict.
      end += 1 + (place >> 31);
    }
    return end;
  }

  /** How many rows were listed. */
  int rows() {
    return rows;
  }

  private int begin(int r) {
    return r == 0 ? 0 : ends[r - 1];
  }

  /** How many entries there are of the r-th row. */
  int count(int r) {
    return ends[r] - begin(r);
  }

  /** Where their values lie, float64. */
  long values(int r) {
    return values + 8L * begin(r);
  }

  /** Where the places of their units lie, 32 bits. */
  long places(int r) {
    return places + 4L * begin(r);
  }
}
