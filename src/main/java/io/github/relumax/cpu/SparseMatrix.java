package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Shapes;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import io.github.relumax.matrix.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A matrix of which only the entries that are not zero are kept, twice: row after row (CSR), for
 * products that read all of it, and column after column (CSC), for those with few columns. Values
 * are float64, numbers of rows and columns have 32 bits, places 64.
 *
 * <p>It has no entries where a dense buffer has them: a primitive that does not know it ends in an
 * error. Its numbers are read from {@link RawMemory}, after {@link #requireOpen}.
 */
final class SparseMatrix extends CpuBuffer {
  private final Workspace memory;
  private final Layout at;

  /** The row of the whole matrix that a view begins with. */
  private final long first;

  /** The rows of the whole matrix, and where the parts of the memory begin, one after another. */
  private record Layout(
      long rows,
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
      return new Layout(
          rows, address, columnBegins, rowValues, columnValues, columnNumbers, rowNumbers);
    }
  }

  private SparseMatrix(
      long rows, long columns, long first, Workspace memory, Layout at, Role role) {
    super(rows, columns, memory, role);
    this.memory = memory;
    this.at = at;
    this.first = first;
  }

  /** The bytes that so many non-zeros take: two values and two numbers each, and the beginnings. */
  static double bytes(double rows, double columns, double nonZeros) {
    return 8 * (rows + 1 + columns + 1 + 3 * nonZeros);
  }

  /** A copy of the entries that are not zero. */
  static SparseMatrix of(Matrix matrix, Kernels kernels, Parallel parallel) {
    return make(
        matrix.rows(),
        matrix.columns(),
        matrix.nonZeros(),
        "the non-zeros of " + matrix.name(),
        made -> new SparseBuilder(made, matrix, kernels, parallel).build());
  }

  /** A copy of rows of another one, in the order of their numbers. */
  static SparseMatrix rowsOf(SparseMatrix whole, int[] numbers, Parallel parallel) {
    return make(
        numbers.length,
        whole.columns(),
        whole.nonZeros(numbers),
        "the non-zeros of rows",
        made -> new SparseRows(made, whole, numbers, parallel).copy());
  }

  private static SparseMatrix make(
      long rows, long columns, long nonZeros, String name, Consumer<SparseMatrix> fill) {
    long numbers = (long) bytes((double) rows, (double) columns, (double) nonZeros) / 8;
    Workspace memory = OffHeap.unsetWorkspace(1, numbers, name);
    try {
      Layout at = Layout.of(memory.memory().address(), rows, columns, nonZeros);
      SparseMatrix made = new SparseMatrix(rows, columns, 0, memory, at, Role.OWNER);
      fill.accept(made);
      return made;
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  // Rows

  private long rowBegin(long i) {
    return RawMemory.getLong(rowBegins() + 8 * i);
  }

  /** Where lie how many non-zeros there are before each row, and before the end. */
  long rowBegins() {
    return at.rowBegins + 8 * first;
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

  /** How many there are in these rows. */
  long nonZeros(int[] numbers) {
    requireOpen();
    return Arrays.stream(numbers).mapToLong(this::count).sum();
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

  /** Where these lie, and that of the end. */
  long columnBegins() {
    return at.columnBegins;
  }

  /** That of the first from row i on. */
  long place(long j, long i) {
    long low = columnBegin(j);
    long high = columnBegin(j + 1);
    // Mostly all are asked for, and no number of a row has to be read.
    if (first + i == 0) {
      return low;
    }
    if (first + i == at.rows) {
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

  /** That of the first from row i on in the column of each unit. */
  long[] places(CpuUnits units, long i) {
    long[] places = new long[units.count()];
    Arrays.setAll(places, p -> place(units.index[p], i));
    return places;
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

  long bytes() {
    return memory.memory().byteSize();
  }

  /**
   * A view of all of it, which lasts until it is closed itself. The caller sees to it that the
   * memory lasts longer.
   *
   * @param closed runs when the view is closed
   */
  SparseMatrix view(Runnable closed) {
    return new SparseMatrix(rows(), columns(), first, memory.view(closed), at, Role.OWNER);
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
    return new SparseMatrix(count, columns(), first + from, memory, at, Role.VIEW);
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
}
