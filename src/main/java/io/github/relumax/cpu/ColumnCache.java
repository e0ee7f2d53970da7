package io.github.relumax.cpu;

import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * Columns of A2 that were read lately, in float64. A column by itself brings in a cache line for
 * each of its entries, and those of units that flip at a trial point are read again when C follows
 * them, and often at the next trial points. They lie in groups of neighbours, row after row, so
 * that memory is touched as it is needed. Results do not depend on what is held.
 */
final class ColumnCache implements AutoCloseable {
  /** Columns of a group: so many that copying a row to it is not all beginnings and ends. */
  private static final int GROUP = 64;

  private static final long STRIDE = 8L * GROUP;

  /** Rows that stay in cache between being copied and being used: a multiple of 4. */
  private static final long BLOCK_ROWS = 32;

  /** A quarter of A2, and... */
  private static final long SHARE = 4;

  /** ...so much of a large one at most. */
  private static final long MOST_BYTES = 192L << 20;

  private final Parallel parallel;

  /**
   * Room for as many columns as may be held: groups one after another. Null before it is needed.
   */
  private CpuBuffer room;

  /** Rows of a group: those of the matrix, and so many more that there are fours of them. */
  private long rows;

  /** The matrix whose columns are held. */
  private WeakReference<CpuBuffer> owner = new WeakReference<>(null);

  /** For each of its columns, the place where it is held, or -1. */
  private int[] places = {};

  private int held;

  private long[] offsets = {};

  ColumnCache(Parallel parallel) {
    this.parallel = parallel;
  }

  /** Bytes that columns of an m x n matrix may take. */
  static double bytes(double m, double n) {
    return groups(m, 8 * n) * (m + 3) * STRIDE;
  }

  private static double groups(double rows, double rowBytes) {
    double few = Math.min(rowBytes / SHARE, MOST_BYTES / Math.max(rows, 1));
    return Math.floor(few / STRIDE);
  }

  private static int capacity(CpuBuffer a) {
    return (int) (GROUP * groups((double) a.rows(), (double) a.stride()));
  }

  /** What is done with some rows of the columns. */
  @FunctionalInterface
  interface Job {
    void run(int part, long low, long high, Columns columns);
  }

  /**
   * Runs {@code job} over the rows of these columns of a, parts as {@link Parallel#run} makes them,
   * a few rows at a time, and keeps the columns where there is room for them.
   */
  void each(CpuBuffer a, CpuUnits units, long grain, Job job) {
    if (!a.isConstant() || units.count() > capacity(a)) {
      Columns columns = direct(a, units);
      parallel.run(a.rows(), grain, (part, low, high) -> job.run(part, low, high, columns));
      return;
    }
    Added added = add(a, units);
    Columns columns = kept(units);
    try {
      parallel.run(
          a.rows(),
          grain,
          (part, low, high) -> {
            for (long row = low; row < high; row += BLOCK_ROWS) {
              long end = Math.min(row + BLOCK_ROWS, high);
              gather(added, row, end);
              job.run(part, row, end, columns);
            }
          });
    } catch (RuntimeException | Error e) {
      forget();
      throw e;
    }
  }

  /** These columns of a, for one use: from the cache where they are there, else where they are. */
  Columns find(CpuBuffer a, CpuUnits units) {
    boolean there = units.count() > 0 && owner.refersTo(a) && missing(units) == 0;
    return there ? kept(units) : direct(a, units);
  }

  /** These columns where they are. */
  Columns direct(CpuBuffer a, CpuUnits units) {
    int count = units.count();
    reserveOffsets(count);
    long bytes = a.type().bytes();
    for (int k = 0; k < count; k++) {
      offsets[k] = bytes * units.index[k];
    }
    return new Columns(a, offsets);
  }

  private Columns kept(CpuUnits units) {
    int count = units.count();
    reserveOffsets(count);
    for (int k = 0; k < count; k++) {
      offsets[k] = offset(places[units.index[k]]);
    }
    return new Columns(room, offsets);
  }

  private void reserveOffsets(int count) {
    if (offsets.length < count) {
      offsets = new long[count];
    }
  }

  private int missing(CpuUnits units) {
    int missing = 0;
    for (int k = 0; k < units.count(); k++) {
      if (places[units.index[k]] < 0) {
        missing++;
      }
    }
    return missing;
  }

  /**
   * Columns that are still to be copied.
   *
   * @param place of the first one; the others follow it
   */
  private record Added(Columns from, int count, int place) {}

  /** Gives those that are missing a place. */
  private Added add(CpuBuffer a, CpuUnits units) {
    if (!owner.refersTo(a)) {
      own(a);
    }
    if (held + missing(units) > capacity(a)) {
      forget();
    }
    int place = held;
    long[] from = new long[missing(units)];
    for (int k = 0; k < units.count(); k++) {
      int unit = units.index[k];
      if (places[unit] < 0) {
        from[held - place] = (long) a.type().bytes() * unit;
        places[unit] = held++;
      }
    }
    return new Added(new Columns(a, from), from.length, place);
  }

  /** Copies rows low..high-1; low is a multiple of 4. */
  private void gather(Added added, long low, long high) {
    for (long i = low; i < high; i += 4) {
      long to = room.address() + i * STRIDE;
      int k = 0;
      while (k < added.count) {
        int place = added.place + k;
        int end = Math.min(added.count, k + GROUP - place % GROUP);
        added.from.gatherFour(i, high - 1, k, end, to + offset(place), 8, STRIDE);
        k = end;
      }
    }
  }

  /** Bytes from the room's first row to where the column at this place begins. */
  private long offset(int place) {
    return place / GROUP * rows * STRIDE + 8L * (place % GROUP);
  }

  private void own(CpuBuffer a) {
    rows = Math.ceilDiv(a.rows(), 4L) * 4;
    long needed = rows * capacity(a) / GROUP;
    if (room == null || room.rows() < needed) {
      close();
      room = CpuBuffer.allocate(needed, GROUP);
    }
    owner = new WeakReference<>(a);
    places = new int[(int) a.columns()];
    forget();
  }

  private void forget() {
    Arrays.fill(places, -1);
    held = 0;
  }

  long bytes() {
    return room == null ? 0 : room.rows() * STRIDE;
  }

  @Override
  public void close() {
    owner = new WeakReference<>(null);
    if (room != null) {
      room.close();
      room = null;
    }
  }
}
