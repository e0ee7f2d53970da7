package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix of which only the entries that are not zero are kept, twice: row after row (CSR), for
 * products that read all of it, and column after column (CSC), for those with few columns. Values
 * are float64, numbers of rows and columns have 32 bits, places 64.
 *
 * <p>It has no entries where a dense buffer has them: a primitive that does not know it ends in an
 * error. Its numbers are read from {@link RawMemory}, after {@link #requireOpen}.
 */
final class SparseMatrix extends CpuBuffer {
  private final MemorySegment memory;
  private final Layout at;

  /** The row of the whole matrix that a view begins with. */
  private final long first;

  /** Where the parts of the memory begin, one after another. */
  private record Layout(
      long rowBegins,
      long columnBegins,
      long rowValues,
      long columnValues,
      long columnNumbers,
      long rowNumbers) {

    static Layout of(long address, long rows, long columns, long nonZeros) {
      long columnBegins = address + 8 * (rows + 1);
      long rowValues = columnBegins + 8 * (columns + 1);
      long columnValues = rowValues + 8 * nonZeros;
      long columnNumbers = columnValues + 8 * nonZeros;
      long rowNumbers = columnNumbers + 4 * nonZeros;
      return new Layout(address, columnBegins, rowValues, columnValues, columnNumbers, rowNumbers);
    }
  }

  private SparseMatrix(
      long rows, long columns, long first, MemorySegment memory, Layout at, Arena arena) {
    super(rows, columns, ElementType.FLOAT64, memory, arena);
    this.memory = memory;
    this.at = at;
    this.first = first;
  }

  /** The bytes that so many non-zeros take: two values and two numbers each, and the beginnings. */
  static double bytes(double rows, double columns, double nonZeros) {
    return 8 * (rows + 1 + columns + 1 + 3 * nonZeros);
  }

  /** A copy of the entries that are not zero. */
  static SparseMatrix of(Matrix matrix, Parallel parallel) {
    long rows = matrix.rows();
    long columns = matrix.columns();
    long nonZeros = matrix.nonZeros();
    Arena arena = Arena.ofShared();
    try {
      long numbers = (long) bytes((double) rows, (double) columns, (double) nonZeros) / 8;
      String name = "the non-zeros of " + matrix.name();
      MemorySegment memory =
          OffHeap.allocate(1, numbers, ElementType.FLOAT64, arena, name).segment();
      Layout at = Layout.of(memory.address(), rows, columns, nonZeros);
      SparseMatrix made = new SparseMatrix(rows, columns, 0, memory, at, arena);
      new Builder(made, matrix, parallel).build();
      return made;
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  // Rows

  private long rowBegin(long i) {
    return RawMemory.getLong(at.rowBegins + 8 * (first + i));
  }

  /** How many non-zeros the rows before row i have, of a view its own. */
  long before(long i) {
    return rowBegin(i) - rowBegin(0);
  }

  /** Where the values of row i lie. */
  long values(long i) {
    return at.rowValues + 8 * rowBegin(i);
  }

  /** Where the numbers of their columns lie. */
  long columns(long i) {
    return at.columnNumbers + 4 * rowBegin(i);
  }

  /** How many there are in row i. */
  int count(long i) {
    return (int) (rowBegin(i + 1) - rowBegin(i));
  }

  /** Writes all entries of row i as float64. */
  void expand(long i, long to) {
    RawMemory.clear(to, 8 * columns());
    long value = values(i);
    long column = columns(i);
    for (long end = value + 8L * count(i); value != end; value += 8, column += 4) {
      RawMemory.set(to + 8L * RawMemory.getInt(column), RawMemory.get(value));
    }
  }

  // Columns

  /** The place, among the non-zeros column after column, of the first of column j. */
  long columnBegin(long j) {
    return RawMemory.getLong(at.columnBegins + 8 * j);
  }

  /** That of the first from row i on. */
  long place(long j, long i) {
    long low = columnBegin(j);
    long high = columnBegin(j + 1);
    // Mostly all are asked for, and none has to be searched.
    if (low == high || rowNumber(low) >= first + i) {
      return low;
    }
    if (rowNumber(high - 1) < first + i) {
      return high;
    }
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (rowNumber(middle) < first + i) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private int rowNumber(long place) {
    return RawMemory.getInt(rowNumbers(place));
  }

  /** Where the values from a place on lie. */
  long columnValues(long place) {
    return at.columnValues + 8 * place;
  }

  /** Where the numbers of their rows lie: in the whole matrix, {@link #firstRow} that of row 0. */
  long rowNumbers(long place) {
    return at.rowNumbers + 4 * place;
  }

  long firstRow() {
    return first;
  }

  // As a buffer

  @Override
  public long storedEntries() {
    requireOpen();
    return rowBegin(rows()) - rowBegin(0);
  }

  @Override
  public long passBytes() {
    return 8 * (rows() + 1) + 12 * storedEntries();
  }

  @Override
  public Buffer rows(long from, long count) {
    Shapes.requireRows(this, from, count);
    return new SparseMatrix(count, columns(), first + from, memory, at, null);
  }

  /**
   * @throws IllegalStateException if it is closed
   */
  void requireOpen() {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("the buffer is closed");
    }
  }

  @Override
  long address() {
    throw refusal();
  }

  @Override
  MemorySegment segment() {
    throw refusal();
  }

  private static IllegalArgumentException refusal() {
    return new IllegalArgumentException(
        "a matrix of which only the non-zeros are kept, where a dense one is expected");
  }

  /**
   * Fills a new one. Threads count what is in their rows, and then write to places of their own.
   */
  private static final class Builder {
    /** Entries that are worth a thread. */
    private static final long GRAIN = 65_536;

    private final SparseMatrix to;
    private final Layout at;
    private final Matrix matrix;
    private final CpuBuffer from;
    private final boolean wide;
    private final Parallel parallel;
    private final long rows;
    private final int columns;

    Builder(SparseMatrix to, Matrix matrix, Parallel parallel) {
      this.to = to;
      this.matrix = matrix;
      this.parallel = parallel;
      at = to.at;
      from = CpuBuffer.view(matrix);
      wide = matrix.type() == ElementType.FLOAT64;
      rows = matrix.rows();
      columns = (int) matrix.columns();
    }

    void build() {
      eachRow((_, i) -> RawMemory.setLong(at.rowBegins + 8 * (i + 1), countRow(i)));
      long sum = 0;
      for (long i = 1; i <= rows; i++) {
        sum += RawMemory.getLong(at.rowBegins + 8 * i);
        RawMemory.setLong(at.rowBegins + 8 * i, sum);
      }
      if (sum != matrix.nonZeros()) {
        throw new IllegalStateException(
            "%s has %d non-zeros, it had %d when it was checked: it must stay as it is"
                .formatted(matrix.name(), sum, matrix.nonZeros()));
      }
      for (int part = 0; part < parallel.threads(); part++) {
        RawMemory.clear(counters(part), 8L * columns);
      }
      eachRow((part, i) -> {
        copyRow(i);
        countColumns(part, i);
      });
      placeColumns();
      eachRow(this::copyToColumns);
    }

    @FunctionalInterface
    private interface RowJob {
      void run(int part, long i);
    }

    /** Each time, a part gets the same rows. */
    private void eachRow(RowJob job) {
      parallel.run(
          rows,
          Math.max(4, GRAIN / columns),
          (part, low, high) -> {
            for (long i = low; i < high; i++) {
              job.run(part, i);
            }
          });
    }

    private int countRow(long i) {
      long offset = i * from.stride();
      MemorySegment entries = matrix.segment();
      return wide ? count64(entries, offset, columns) : count32(entries, offset, columns);
    }

    // Without its sign bit, every pattern but that of zero carries into the sign bit when the
    // largest number is added. The compiler vectorises this over a segment, not by address.

    private static int count64(MemorySegment entries, long offset, int n) {
      long count = 0;
      for (int j = 0; j < n; j++) {
        long bits = entries.get(RawMemory.I64, offset + 8L * j) & Long.MAX_VALUE;
        count += (bits + Long.MAX_VALUE) >>> 63;
      }
      return (int) count;
    }

    private static int count32(MemorySegment entries, long offset, int n) {
      int count = 0;
      for (int j = 0; j < n; j++) {
        int bits = entries.get(RawMemory.I32, offset + 4L * j) & Integer.MAX_VALUE;
        count += (bits + Integer.MAX_VALUE) >>> 31;
      }
      return count;
    }

    private void copyRow(long i) {
      long row = from.address(i);
      long value = to.values(i);
      long column = to.columns(i);
      for (int j = 0; j < columns; j++) {
        double entry = wide ? RawMemory.get(row + 8L * j) : RawMemory.getFloat(row + 4L * j);
        if (entry != 0) {
          RawMemory.set(value, entry);
          RawMemory.setInt(column, j);
          value += 8;
          column += 4;
        }
      }
    }

    /** A number for each column: how many a part has there, and then the place of the next. */
    private long counters(int part) {
      return parallel.scratch(part, Parallel.RESULT, columns).address();
    }

    private void countColumns(int part, long i) {
      long counters = counters(part);
      long column = to.columns(i);
      for (long end = column + 4L * to.count(i); column != end; column += 4) {
        long counter = counters + 8L * RawMemory.getInt(column);
        RawMemory.setLong(counter, RawMemory.getLong(counter) + 1);
      }
    }

    private void placeColumns() {
      long place = 0;
      for (int j = 0; j < columns; j++) {
        RawMemory.setLong(at.columnBegins + 8L * j, place);
        for (int part = 0; part < parallel.threads(); part++) {
          long counter = counters(part) + 8L * j;
          long count = RawMemory.getLong(counter);
          RawMemory.setLong(counter, place);
          place += count;
        }
      }
      RawMemory.setLong(at.columnBegins + 8L * columns, place);
    }

    private void copyToColumns(int part, long i) {
      long counters = counters(part);
      long value = to.values(i);
      long column = to.columns(i);
      for (long end = value + 8L * to.count(i); value != end; value += 8, column += 4) {
        long counter = counters + 8L * RawMemory.getInt(column);
        long place = RawMemory.getLong(counter);
        RawMemory.setLong(counter, place + 1);
        RawMemory.set(at.columnValues + 8 * place, RawMemory.get(value));
        RawMemory.setInt(at.rowNumbers + 4 * place, (int) i);
      }
    }
  }
}
