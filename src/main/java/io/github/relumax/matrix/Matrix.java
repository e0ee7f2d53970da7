package io.github.relumax.matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.Optional;

/**
 * A dense matrix outside the Java heap: rows x columns, row-major, little-endian, 64-bit indexed,
 * stored as float64 or float32. Entry (i, j) lies at byte offset (i * columns + j) * type.bytes()
 * of {@link #segment()}. The segment may be a mapped file, which is then read-only.
 *
 * <p>Every matrix has a name (its file, or the role it was given), which error messages use.
 */
public final class Matrix {
  /** Layout of a float64 entry; unaligned, since a mapped file may begin its data anywhere. */
  public static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Layout of a float32 entry. */
  public static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long rows;
  private final long columns;
  private final ElementType type;

  /** The entries; null where they are chosen rows. */
  private final MemorySegment segment;

  /** Null where the entries are its own. */
  private final ChosenRows chosen;

  private final String name;
  private final long nonZeros;

  private Matrix(long rows, long columns, ElementType type, MemorySegment segment, String name) {
    this(rows, columns, type, segment, null, name, rows * columns);
  }

  private Matrix(
      long rows,
      long columns,
      ElementType type,
      MemorySegment segment,
      ChosenRows chosen,
      String name,
      long nonZeros) {
    this.rows = rows;
    this.columns = columns;
    this.type = Objects.requireNonNull(type);
    this.segment = segment;
    this.chosen = chosen;
    this.name = Objects.requireNonNull(name);
    this.nonZeros = nonZeros;
  }

  /**
   * A matrix over memory that already holds its entries, and that every thread may access (not of a
   * confined arena).
   *
   * @throws IllegalArgumentException if the segment's size is not rows * columns * type.bytes()
   */
  public static Matrix over(
      MemorySegment segment, long rows, long columns, ElementType type, String name) {
    long bytes = bytes(rows, columns, type);
    if (segment.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "%s: %d x %d %s needs %d bytes, the memory segment has %d"
              .formatted(name, rows, columns, type, bytes, segment.byteSize()));
    }
    if (!segment.isNative()) {
      throw new IllegalArgumentException(name + ": the memory segment is on the Java heap");
    }
    return new Matrix(rows, columns, type, segment, name);
  }

  /** A matrix of zeros, freed when it is no longer reachable. */
  public static Matrix allocate(long rows, long columns, ElementType type) {
    return allocate(rows, columns, type, Arena.ofAuto());
  }

  /**
   * A matrix of zeros in memory that {@code arena} frees. The arena must not be confined: kernels
   * run on threads of their own.
   */
  public static Matrix allocate(long rows, long columns, ElementType type, Arena arena) {
    MemorySegment segment = arena.allocate(bytes(rows, columns, type), 64);
    String name = rows + " x " + columns + " matrix";
    return new Matrix(rows, columns, type, segment, name);
  }

  /** A float64 copy of {@code values}, whose rows must have one length. */
  public static Matrix of(double[][] values) {
    int columns = values.length == 0 ? 0 : values[0].length;
    Matrix matrix = allocate(values.length, columns, ElementType.FLOAT64);
    for (int i = 0; i < values.length; i++) {
      if (values[i].length != columns) {
        throw new IllegalArgumentException(
            "row %d has %d entries, row 0 has %d".formatted(i, values[i].length, columns));
      }
      MemorySegment.copy(values[i], 0, matrix.segment, F64, matrix.offset(i, 0), columns);
    }
    return matrix;
  }

  /** A float64 copy of {@code rowMajor}, entry (i, j) at i * columns + j. */
  public static Matrix of(int rows, int columns, double[] rowMajor) {
    if (rowMajor.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          "%d x %d needs %d values, got %d"
              .formatted(rows, columns, (long) rows * columns, rowMajor.length));
    }
    Matrix matrix = allocate(rows, columns, ElementType.FLOAT64);
    MemorySegment.copy(rowMajor, 0, matrix.segment, F64, 0, rowMajor.length);
    return matrix;
  }

  /** The bytes that rows x columns entries take. */
  public static long bytes(long rows, long columns, ElementType type) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative shape " + rows + " x " + columns);
    }
    try {
      return Math.multiplyExact(Math.multiplyExact(rows, columns), (long) type.bytes());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "a %d x %d matrix has more than 2^63 bytes".formatted(rows, columns), e);
    }
  }

  /** The same entries under another name. */
  public Matrix named(String newName) {
    return new Matrix(rows, columns, type, segment, chosen, newName, nonZeros);
  }

  /**
   * The same entries, of which so many were found not to be zero: a backend may compute with a
   * matrix of few as such. Entries must not change any more.
   */
  public Matrix withNonZeros(long count) {
    Objects.checkIndex(count, rows * columns + 1);
    return new Matrix(rows, columns, type, segment, chosen, name, count);
  }

  /**
   * The rows of these numbers, in this order; a number may come again. They are copied when
   * somebody first wants {@link #segment} or an entry, and neither matrix may change from now on.
   * Their non-zeros are not counted.
   *
   * @param arena whose memory the copy takes; not confined
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public Matrix rows(int[] numbers, Arena arena) {
    int[] own = numbers.clone();
    for (int number : own) {
      Objects.checkIndex(number, rows);
    }
    return new Matrix(
        own.length,
        columns,
        type,
        null,
        new ChosenRows(this, own, arena),
        "rows of " + name,
        own.length * columns);
  }

  /** What matrix this has rows of, and which; empty where the entries are its own. */
  public Optional<ChosenRows> chosen() {
    return Optional.ofNullable(chosen);
  }

  public long rows() {
    return rows;
  }

  public long columns() {
    return columns;
  }

  public ElementType type() {
    return type;
  }

  /**
   * The entries; read-only when they come from a mapped file or are {@link #rows} of another
   * matrix.
   *
   * @throws InsufficientMemoryException if those are to be copied and the memory is not there
   */
  public MemorySegment segment() {
    return chosen == null ? segment : chosen.copy(name);
  }

  /** The file this matrix came from or the role it plays; for messages. */
  public String name() {
    return name;
  }

  /** How many entries are not zero, where that was counted; else how many there are. */
  public long nonZeros() {
    return nonZeros;
  }

  /** Byte offset of entry (i, j) in {@link #segment()}. */
  public long offset(long i, long j) {
    return (i * columns + j) * type.bytes();
  }

  /** Entry (i, j). For inspection and small work: kernels read {@link #segment()}. */
  public double get(long i, long j) {
    Objects.checkIndex(i, rows);
    Objects.checkIndex(j, columns);
    long offset = offset(i, j);
    return type == ElementType.FLOAT64 ? segment().get(F64, offset) : segment().get(F32, offset);
  }

  /** ‖row i‖, without overflow on the way. For small work, as {@link #get}. */
  public double rowNorm(long i) {
    double largest = 0;
    for (long j = 0; j < columns; j++) {
      largest = Math.max(largest, Math.abs(get(i, j)));
    }
    double sum = 0;
    for (long j = 0; j < columns && largest > 0; j++) {
      double part = get(i, j) / largest;
      sum += part * part;
    }
    return largest * Math.sqrt(sum);
  }

  /** Sets entry (i, j), rounding to the storage type. */
  public void set(long i, long j, double value) {
    Objects.checkIndex(i, rows);
    Objects.checkIndex(j, columns);
    long offset = offset(i, j);
    if (type == ElementType.FLOAT64) {
      segment().set(F64, offset, value);
    } else {
      segment().set(F32, offset, (float) value);
    }
  }

  /** Row i as a Java array. */
  public double[] row(long i) {
    double[] values = new double[Math.toIntExact(columns)];
    for (int j = 0; j < values.length; j++) {
      values[j] = get(i, j);
    }
    return values;
  }

  /** Column j as a Java array. */
  public double[] column(long j) {
    double[] values = new double[Math.toIntExact(rows)];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i, j);
    }
    return values;
  }

  /**
   * All entries, row by row, as a Java array.
   *
   * @throws IllegalArgumentException if there are more than 2³¹ - 9
   */
  public double[] toArray() {
    long size = rows * columns;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(name + ": " + size + " entries do not fit a Java array");
    }
    double[] values = new double[(int) size];
    if (type == ElementType.FLOAT64) {
      MemorySegment.copy(segment(), F64, 0, values, 0, values.length);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = segment().get(F32, 4L * i);
      }
    }
    return values;
  }

  @Override
  public String toString() {
    return name + " (" + rows + " x " + columns + " " + type + ")";
  }
}
