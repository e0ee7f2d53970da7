package io.github.relumax.cpu;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;

/** Splits ranges of rows over a {@link WorkerTeam}, and hands each part its scratch memory. */
final class Parallel implements AutoCloseable {
  /** One contiguous range [low, high) of a job. */
  @FunctionalInterface
  interface RangeJob {
    void run(int part, long low, long high);
  }

  /** One item of a job whose items differ in size. */
  @FunctionalInterface
  interface ItemJob {
    void run(int part, int item);
  }

  /** Sums that each part may leave behind. */
  static final int SUMS = 8;

  /** Scratch areas per part, by what they are for. */
  static final int ROWS = 0;

  static final int LEFT = 1;
  static final int RIGHT = 2;
  static final int RESULT = 3;
  private static final int TILE = 4;
  private static final int SLOTS = 5;

  /** Entries of an element-wise job that are worth a thread. */
  static final long GRAIN = 16_384;

  /** Entries of a tile, whatever the length of vectors: up to 8 rows by 3 vectors of 2,048 bits. */
  private static final int MOST_TILE = 8 * 3 * 32;

  /**
   * Grains, some microseconds each, of a job that is worth waking threads for: the caller spends 20
   * on that, and another 20 pass before they are awake.
   */
  private static final int WAKING = 16;

  private final WorkerTeam team;
  private final double[] sums;
  private final double[][] numbers;
  private final CpuBuffer[] scratch;

  Parallel(int threads) {
    team = new WorkerTeam(threads);
    sums = new double[threads * SUMS];
    numbers = new double[threads][SUMS];
    scratch = new CpuBuffer[threads * SLOTS];
  }

  int threads() {
    return team.size();
  }

  /** Rows of so many entries that are worth a thread. */
  static long grain(int columns) {
    return Math.max(4, GRAIN / columns);
  }

  /**
   * Runs {@code job} over [0, n) in parts of at least {@code grain}, each a multiple of 4 long but
   * the last.
   *
   * @return how many parts there were; the same for the same n, grain and thread count
   */
  int run(long n, long grain, RangeJob job) {
    long grains = n / Math.max(grain, 1);
    int parts = parts(grains);
    Arrays.fill(sums, 0);
    runParts(
        parts,
        grains >= WAKING,
        part -> job.run(part, bound(n, part, parts), bound(n, part + 1, parts)));
    return parts;
  }

  /** As many as there is work for, and threads. */
  private int parts(long grains) {
    return Math.clamp(grains, 1, team.size());
  }

  /**
   * Runs {@code job} over [0, n) in parts of about the same weight, each of at least {@code grain}
   * but for what is left over: for rows that differ.
   *
   * @param before the weight of all rows before one; of n, that of all
   * @return how many parts there were
   */
  int run(long n, LongUnaryOperator before, long grain, RangeJob job) {
    long total = before.applyAsLong(n);
    long grains = total / Math.max(grain, 1);
    int parts = parts(grains);
    long[] bounds = new long[parts + 1];
    for (int part = 1; part < parts; part++) {
      bounds[part] = firstReaching(n, before, total / parts * part);
    }
    bounds[parts] = n;
    Arrays.fill(sums, 0);
    runParts(parts, grains >= WAKING, part -> job.run(part, bounds[part], bounds[part + 1]));
    return parts;
  }

  /** The first row before which there is so much. */
  private static long firstReaching(long n, LongUnaryOperator before, long weight) {
    long low = 0;
    long high = n;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (before.applyAsLong(middle) < weight) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Runs {@code job} for every item in [first, end), dealt out in turn to as many threads as get at
   * least {@code grain} items each: for large items whose work grows or shrinks with their number.
   * An item meets the thread that it met before, whatever the range, if as many work: it finds in
   * the cache what it left there.
   */
  void each(int first, int end, int grain, ItemJob job) {
    int parts = parts((end - first) / Math.max(grain, 1));
    runParts(
        parts,
        true,
        part -> {
          for (int item = first + Math.floorMod(part - first, parts); item < end; item += parts) {
            job.run(part, item);
          }
        });
  }

  /**
   * Runs {@code job} for the items 0, 1, ..., n - 1, which are begun in this order, each on the
   * thread that is free first: for results that do not depend on the thread.
   */
  void inOrder(int n, ItemJob job) {
    AtomicInteger next = new AtomicInteger();
    runParts(
        parts(n),
        true,
        part -> {
          for (int item = next.getAndIncrement(); item < n; item = next.getAndIncrement()) {
            job.run(part, item);
          }
        });
  }

  /** The same in the order n - 1, n - 2, ..., 0: for items whose work grows with their number. */
  void largestFirst(int n, ItemJob job) {
    inOrder(n, (part, item) -> job.run(part, n - 1 - item));
  }

  private void runParts(int parts, boolean wake, WorkerTeam.Job job) {
    try {
      if (parts == 1) {
        job.run(0);
      } else {
        team.run(
            wake,
            part -> {
              if (part < parts) {
                job.run(part);
              }
            });
      }
    } finally {
      // Kernels know addresses alone: the buffers that the job captured must outlive it.
      Reference.reachabilityFence(job);
    }
  }

  private static long bound(long n, int part, int parts) {
    return part == parts ? n : n / 4 * part / parts * 4;
  }

  /** Adds to sum {@code index} of a part. */
  void add(int part, int index, double value) {
    sums[part * SUMS + index] += value;
  }

  /** Sum {@code index} over all parts, in their order. */
  double sum(int index) {
    double total = 0;
    for (int at = index; at < sums.length; at += SUMS) {
      total += sums[at];
    }
    return total;
  }

  /** A small array of the part's own, for kernels that return several numbers. */
  double[] numbers(int part) {
    return numbers[part];
  }

  /** Scratch memory for one product tile. */
  long tile(int part) {
    return scratch(part, TILE, MOST_TILE).address();
  }

  /**
   * Scratch memory of at least {@code entries} float64; grows once, then stays. Contents are
   * whatever they were.
   */
  CpuBuffer scratch(int part, int slot, long entries) {
    int at = part * SLOTS + slot;
    CpuBuffer held = scratch[at];
    if (held == null || held.columns() < entries) {
      if (held != null) {
        scratch[at] = null;
        held.close();
      }
      held = CpuBuffer.allocate(1, entries);
      scratch[at] = held;
    }
    return held;
  }

  long scratchBytes() {
    return Arrays.stream(scratch)
        .filter(Objects::nonNull)
        .mapToLong(held -> 8 * held.columns())
        .sum();
  }

  @Override
  public void close() {
    team.close();
    for (int i = 0; i < scratch.length; i++) {
      if (scratch[i] != null) {
        scratch[i].close();
        scratch[i] = null;
      }
    }
  }
}
