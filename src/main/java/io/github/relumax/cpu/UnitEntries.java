package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.ADDRESS;

/**
 * Of a few rows of a {@link SparseMatrix}, the entries in the columns of listed units, row after
 * row: their values, and the places of the units in the list, in its order. They are found in the
 * columns of the units where these are few, else in the rows. A part has one at a time, in its
 * scratch, and goes through its rows from the first to the last.
 */
final class UnitEntries {
  /** Rows whose entries are listed at a time, at most. */
  private static final int MOST_ROWS = 512;

  /**
   * Entries that their lists have room for, but for a row that has more: so many, with their
   * places, stay in a second cache.
   */
  private static final int MOST_ENTRIES = 18_432;

  /** Columns are gone through where these are at most one in so many. */
  private static final int FEW = 3;

  private final SparseMatrix a2;
  private final CpuUnits units;
  private final Parallel parallel;
  private final int part;

  /** Where the place of each unit in the list lies, 32 bits, -1 where it has none; 0 if unused. */
  private final long placeOf;

  /** Of each listed unit, the place of the first entry that is not listed yet; null if unused. */
  private final long[] next;

  private final int[] begins = new int[MOST_ROWS];
  private final int[] ends = new int[MOST_ROWS];
  private long values;
  private long places;
  private int rows;

  /** For the rows from {@code low} on. */
  UnitEntries(
      Parallel parallel, int part, SparseMatrix a2, CpuUnits units, long placeOf, long low) {
    this.parallel = parallel;
    this.part = part;
    this.a2 = a2;
    this.units = units;
    this.placeOf = placeOf;
    next = placeOf == 0 ? a2.places(units, low) : null;
  }

  /**
   * What entries in these columns are found by, for {@code placeOf}: the place of every unit in the
   * list, or 0 where they are found in the columns.
   */
  static long placeOf(Parallel parallel, SparseMatrix a2, CpuUnits units) {
    int n = (int) a2.columns();
    if ((long) FEW * units.count() <= n) {
      return 0;
    }
    long places = parallel.scratch(0, Parallel.RESULT, Math.ceilDiv(n, 2)).address();
    for (int u = 0; u < n; u++) {
      RawMemory.setInt(places + 4L * u, -1);
    }
    for (int k = 0; k < units.count(); k++) {
      RawMemory.setInt(places + 4L * units.index[k], k);
    }
    return places;
  }

  /** Lists those of rows first, first + 1, ..., below high: as many as are treated together. */
  void list(long first, long high) {
    rows = 0;
    int end = 0;
    long before = a2.before(first);
    while (rows < MOST_ROWS && first + rows < high) {
      long after = a2.before(first + rows + 1);
      int most = (int) Math.min(units.count(), after - before);
      before = after;
      if (rows > 0 && end + most > MOST_ENTRIES) {
        break;
      }
      begins[rows] = end;
      ends[rows] = end;
      end += most;
      rows++;
    }
    // One more: what is not listed is written behind the last, and then over.
    values = parallel.scratch(part, Parallel.LEFT, Math.ceilDiv(3L * (end + 1), 2)).address();
    places = values + 8L * (end + 1);
    if (placeOf == 0) {
      listColumns(first);
    } else {
      for (int r = 0; r < rows; r++) {
        ends[r] = listRow(first + r, begins[r]);
      }
    }
  }

  /** Appends the entries of each unit to the lists of their rows. */
  private void listColumns(long first) {
    long base = a2.firstRow() + first;
    for (int k = 0; k < next.length; k++) {
      long place = next[k];
      int count = (int) (a2.columnBegin(units.index[k] + 1L) - place);
      long from = a2.columnValues(place) & ADDRESS;
      long numbers = a2.rowNumbers(place) & ADDRESS;
      int p = 0;
      for (; p < count; p++) {
        long r = RawMemory.getInt(numbers + 4L * p) - base;
        if (r >= rows) {
          break;
        }
        int end = ends[(int) r]++;
        RawMemory.set(values + 8L * end, RawMemory.get(from + 8L * p));
        RawMemory.setInt(places + 4L * end, k);
      }
      next[k] = place + p;
    }
  }

  /** Lists the entries of row i from a place of the lists on, and returns where they end. */
  private int listRow(long i, int begin) {
    long from = a2.values(i);
    long columns = a2.columns(i);
    int count = a2.count(i);
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

  /** How many entries there are of the r-th row. */
  int count(int r) {
    return ends[r] - begins[r];
  }

  /** Where their values lie, float64. */
  long values(int r) {
    return values + 8L * begins[r];
  }

  /** Where the places of their units in the list lie, 32 bits. */
  long places(int r) {
    return places + 4L * begins[r];
  }
}
