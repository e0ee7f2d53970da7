package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.getFloat;
import static io.github.relumax.cpu.RawMemory.set;

import io.github.relumax.matrix.ElementType;

/**
 * Columns that a list of units names, wherever they lie: entry k of row i is offsets[k] bytes after
 * the beginning of row i of a matrix.
 */
final class Columns {
  private final CpuBuffer matrix;
  private final long[] offsets;

  Columns(CpuBuffer matrix, long[] offsets) {
    this.matrix = matrix;
    this.offsets = offsets;
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
    long r0 = matrix.address(i);
    long r1 = matrix.address(Math.min(i + 1, last));
    long r2 = matrix.address(Math.min(i + 2, last));
    long r3 = matrix.address(Math.min(i + 3, last));
    long[] offset = offsets;
    long to = out;
    if (matrix.type() == ElementType.FLOAT64) {
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
