package io.github.relumax.cpu;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fills a new {@link SparseMatrix} from a dense one, of which every entry is read once. Blocks of
 * rows are compressed, in any order, to where the columns will be: how many non-zeros the rows
 * before have is not known yet. Then they go to their place, and {@link SparseColumns} makes the
 * columns from them.
 */
final class SparseBuilder {
  /** Entries of a block of rows: its non-zeros stay in a core's cache until they are counted. */
  private static final int BLOCK = 16_384;

  private final SparseMatrix to;
  private final Matrix matrix;
  private final Kernels kernels;
  private final Parallel parallel;
  private final CpuBuffer from;
  private final int rows;
  private final int columns;
  private final int blockRows;

  /** Where each block was compressed to. */
  private final long[] places;

  private final AtomicLong taken = new AtomicLong();

  SparseBuilder(SparseMatrix to, Matrix matrix, Kernels kernels, Parallel parallel) {
    this.to = to;
    this.matrix = matrix;
    this.kernels = kernels;
    this.parallel = parallel;
    from = CpuBuffer.view(matrix);
    rows = (int) matrix.rows();
    columns = (int) matrix.columns();
    blockRows = Math.max(1, BLOCK / columns);
    places = new long[Math.ceilDiv(rows, blockRows)];
  }

  void build() {
    parallel.inOrder(places.length, this::compressRows);
    if (taken.get() != matrix.nonZeros()) {
      throw new IllegalStateException(
          "%s has %d non-zeros, it had %d when it was checked: it must stay as it is"
              .formatted(matrix.name(), taken.get(), matrix.nonZeros()));
    }
    addUp();
    new SparseColumns(to, parallel).make(this::placeRows);
  }

  // Rows

  private void compressRows(int part, int block) {
    int low = block * blockRows;
    int high = low + Math.min(rows - low, blockRows);
    // One more may be written.
    long most = (long) (high - low) * columns + 1;
    long values = parallel.scratch(part, Parallel.LEFT, most).address();
    long numbers = parallel.scratch(part, Parallel.RIGHT, (most + 1) / 2).address();
    int count = 0;
    for (int i = low; i < high; i++) {
      int before = count;
      count += compress(row(part, i), columns, values + 8L * count, numbers + 4L * count);
      RawMemory.setLong(to.rowBegins() + 8L * (i + 1), count - before);
    }
    long place = taken.getAndAdd(count);
    places[block] = place;
    if (place + count <= matrix.nonZeros()) {
      RawMemory.copy(values, to.columnValues(place), 8L * count);
      RawMemory.copy(numbers, to.rowNumbers(place), 4L * count);
    }
  }

  /**
   * Writes the entries of a row that are not zero, and their columns, and may write one more of
   * each.
   *
   * @return how many there are
   */
  private static int compress(long row, int n, long values, long numbers) {
    int count = 0;
    int j = 0;
    for (; j <= n - 4; j += 4) {
      long at = row + 8L * j;
      long any =
          RawMemory.getLong(at)
              | RawMemory.getLong(at + 8)
              | RawMemory.getLong(at + 16)
              | RawMemory.getLong(at + 24);
      // Mostly all four are zero, of either sign.
      if (any << 1 != 0) {
        count = compress(row, j, j + 4, values, numbers, count);
      }
    }
    return compress(row, j, n, values, numbers, count);
  }

  /**
   * The same for columns from j on, after so many non-zeros. Every entry is written, and one that
   * is zero is written over: which are is hard to predict.
   */
  private static int compress(long row, int j, int end, long values, long numbers, int count) {
    int next = count;
    for (int k = j; k < end; k++) {
      long entry = RawMemory.getLong((row & RawMemory.ADDRESS) + 8L * k);
      RawMemory.setLong((values & RawMemory.ADDRESS) + 8L * next, entry);
      RawMemory.setInt((numbers & RawMemory.ADDRESS) + 4L * next, k);
      // Without its sign bit, every pattern but that of zero carries into the sign bit when the
      // largest number is added.
      next += (int) (((entry & Long.MAX_VALUE) + Long.MAX_VALUE) >>> 63);
    }
    return next;
  }

  /** Where the entries of a row lie, as float64. */
  private long row(int part, int i) {
    if (matrix.type() == ElementType.FLOAT64) {
      return from.address(i);
    }
    long widened = parallel.scratch(part, Parallel.ROWS, columns).address();
    kernels.widen(from.address(i), widened, columns);
    return widened;
  }

  /** How many non-zeros there are before each row, from how many there are in each. */
  private void addUp() {
    long sum = 0;
    for (int i = 0; i <= rows; i++) {
      long at = to.rowBegins() + 8L * i;
      sum += i == 0 ? 0 : RawMemory.getLong(at);
      RawMemory.setLong(at, sum);
    }
  }

  private void placeRows(long low, long high, SparseColumns.Counter counter) {
    for (long i = low; i < high; ) {
      long block = i / blockRows;
      long end = Math.min(high, (block + 1) * blockRows);
      long place = places[(int) block] + to.before(i) - to.before(block * blockRows);
      long numbers = to.columns(i);
      RawMemory.copy(to.columnValues(place), to.values(i), to.values(end) - to.values(i));
      RawMemory.copy(to.rowNumbers(place), numbers, to.columns(end) - numbers);
      counter.rows(i, end);
      i = end;
    }
  }
}
