package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.getFloat;
import static io.github.relumax.cpu.RawMemory.set;

import io.github.relumax.matrix.ElementType;

/**
 * Columns of a matrix that a list of units names, wherever they lie: entry k of row i is offset[k]
 * bytes after {@link #row} of i.
 *
 * @param matrix what they lie in, so that it outlives a job that has only addresses
 * @param address where row 0 begins
 * @param stride bytes from one row to the next
 */
record Columns(CpuBuffer matrix, long address, long stride, long[] offset, ElementType type) {
  long row(long i) {
    return address + i * stride;
  }

  /**
   * Entries [first, end) of rows i to i + 3 as float64, four rows at a time because reads of cache
   * lines that lie apart then overlap most. Rows beyond {@code last} are taken to be that one.
   *
   * @param out where entry first of row i goes
   * @param entryStep bytes from there to the next entry
   * @param rowStep bytes from there to the next row
   */
  void gatherFour(long i, long last, int first, int end, long out, long entryStep, long rowStep) {
    long r0 = row(i);
    long r1 = row(Math.min(i + 1, last));
    long r2 = row(Math.min(i + 2, last));
    long r3 = row(Math.min(i + 3, last));
    long to = out;
    if (type == ElementType.FLOAT64) {
      for (int k = first; k < end; k++, to += entryStep) {
        long at = offset[k];
        set(to, get(r0 + at));
        set(to + rowStep, get(r1 + at));
        set(to + 2 * rowStep, get(r2 + at));
        set(to + 3 * rowStep, get(r3 + at));
      }
    } else {
      for (int k = first; k < end; k++, to += entryStep) {
        long at = offset[k];
        set(to, getFloat(r0 + at));
        set(to + rowStep, getFloat(r1 + at));
        set(to + 2 * rowStep, getFloat(r2 + at));
        set(to + 3 * rowStep, getFloat(r3 + at));
      }
    }
  }
}
