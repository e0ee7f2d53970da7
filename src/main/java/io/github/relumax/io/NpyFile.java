package io.github.relumax.io;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * NumPy's .npy files: versions 1, 2 and 3, float64 and float32 in either byte order, C and Fortran
 * order, one or two dimensions, any size.
 *
 * <p>Every problem with a file is an {@link InvalidInputException} of one line that names it. No
 * memory is allocated for what a header promises before the file is known to have it.
 */
public final class NpyFile {
  /** Bytes read or written at a time. */
  private static final int CHUNK = 1 << 24;

  private NpyFile() {}

  /**
   * Reads a matrix; an array of shape (k,) becomes k x 1. A little-endian array in C order is
   * mapped, not copied: the matrix is then read-only, and the file must stay as it is while the
   * matrix is in use. Others are converted. The matrix is named after the file.
   *
   * @throws InvalidInputException if the file cannot be read or does not hold such an array
   */
  public static Matrix read(Path file) {
    return read(file, Arena.ofAuto());
  }

  /** The same, in memory that {@code arena} frees. */
  public static Matrix read(Path file, Arena arena) {
    return read(file, arena, true);
  }

  /**
   * Reads a matrix into memory of its own, whatever its layout: nothing is mapped, and the file may
   * change afterwards.
   *
   * @throws InvalidInputException if the file cannot be read or does not hold such an array
   * @throws InsufficientMemoryException if the matrix does not fit
   */
  public static Matrix load(Path file) {
    return read(file, Arena.ofAuto(), false);
  }

  private static Matrix read(Path file, Arena arena, boolean mayMap) {
    requireRegular(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(channel, arena, mayMap, file.toString());
    } catch (IOException e) {
      throw cannotRead(file, e);
    }
  }

  /**
   * What the header of a file says, which is checked against its size; no entry is read.
   *
   * @throws InvalidInputException if the file cannot be read or does not hold such an array
   */
  static NpyHeader header(Path file) {
    requireRegular(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return NpyHeader.read(channel, file.toString());
    } catch (IOException e) {
      throw cannotRead(file, e);
    }
  }

  /**
   * Reads a vector of shape (k,), (k, 1) or (1, k) as float64.
   *
   * @throws InvalidInputException if the file cannot be read or has another shape
   */
  public static double[] readVector(Path file) {
    try (Arena arena = Arena.ofShared()) {
      Matrix matrix = read(file, arena);
      long length = matrix.rows() * matrix.columns();
      if (matrix.rows() != 1 && matrix.columns() != 1) {
        throw new InvalidInputException(
            "%s: %d x %d, expected a vector".formatted(file, matrix.rows(), matrix.columns()));
      }
      if (length > Problem.MAX_SIZE) {
        throw new InvalidInputException(
            "%s: %d values, expected at most %d".formatted(file, length, Problem.MAX_SIZE));
      }
      return toArray(matrix);
    }
  }

  /**
   * Writes a matrix as an array of shape (rows, columns), whole or not at all.
   *
   * @throws InvalidInputException if the file cannot be written
   */
  public static void write(Path file, Matrix matrix) {
    AtomicFiles.write(file, content(matrix));
  }

  /**
   * Writes a float64 array of shape (k,), whole or not at all.
   *
   * @throws InvalidInputException if the file cannot be written
   */
  public static void writeVector(Path file, double[] values) {
    AtomicFiles.write(file, content(values));
  }

  static AtomicFiles.Content content(Matrix matrix) {
    return channel -> {
      writeBytes(channel, NpyHeader.bytes(matrix.type(), matrix.rows(), matrix.columns()));
      MemorySegment entries = matrix.segment();
      for (long at = 0; at < entries.byteSize(); at += CHUNK) {
        long length = Math.min(CHUNK, entries.byteSize() - at);
        AtomicFiles.writeFully(channel, entries.asSlice(at, length).asByteBuffer());
      }
    };
  }

  static AtomicFiles.Content content(double[] values) {
    return channel -> {
      writeBytes(channel, NpyHeader.bytes(ElementType.FLOAT64, values.length));
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
      int step = buffer.capacity() / Double.BYTES;
      for (int at = 0; at < values.length; at += step) {
        int length = Math.min(step, values.length - at);
        buffer.clear().asDoubleBuffer().put(values, at, length);
        AtomicFiles.writeFully(channel, buffer.limit(length * Double.BYTES));
      }
    };
  }

  /** The size of the file that holds the matrix. */
  static long fileSize(Matrix matrix) {
    return NpyHeader.bytes(matrix.type(), matrix.rows(), matrix.columns()).length
        + matrix.segment().byteSize();
  }

  /** The size of the file that holds a vector. */
  static long fileSize(double[] values) {
    return NpyHeader.bytes(ElementType.FLOAT64, values.length).length + 8L * values.length;
  }

  private static Matrix read(FileChannel channel, Arena arena, boolean mayMap, String name)
      throws IOException {
    NpyHeader header = NpyHeader.read(channel, name);
    long rows = header.rows();
    long columns = header.columns();
    long bytes = Matrix.bytes(rows, columns, header.type());
    if (bytes == 0) {
      return Matrix.allocate(rows, columns, header.type(), arena).named(name);
    }
    if (header.mappable() && mayMap) {
      MemorySegment mapped = map(channel, header.dataOffset(), bytes, arena);
      return Matrix.over(mapped, rows, columns, header.type(), name);
    }
    Matrix matrix = OffHeap.allocate(rows, columns, header.type(), arena, name);
    if (header.mappable()) {
      readFully(channel, header.dataOffset(), matrix.segment());
      return matrix;
    }
    try (Arena temporary = Arena.ofShared()) {
      MemorySegment source = map(channel, header.dataOffset(), bytes, temporary);
      if (header.transposed()) {
        NpyLayout.transpose(source, header.order(), matrix);
      } else {
        NpyLayout.swapBytes(source, matrix);
      }
    }
    return matrix;
  }

  private static void readFully(FileChannel channel, long offset, MemorySegment to)
      throws IOException {
    long at = 0;
    while (at < to.byteSize()) {
      long length = Math.min(CHUNK, to.byteSize() - at);
      int count = channel.read(to.asSlice(at, length).asByteBuffer(), offset + at);
      if (count < 0) {
        throw new IOException("the file became shorter while it was read");
      }
      at += count;
    }
  }

  private static MemorySegment map(FileChannel channel, long offset, long bytes, Arena arena)
      throws IOException {
    return channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena);
  }

  private static double[] toArray(Matrix matrix) {
    try {
      return matrix.toArray();
    } catch (OutOfMemoryError e) {
      throw new InvalidInputException(
          "%s: %d values do not fit the Java heap; raise it with -Xmx"
              .formatted(matrix.name(), matrix.rows() * matrix.columns()),
          e);
    }
  }

  /** Folders, pipes and devices are no input: opening one can fail in odd ways or wait forever. */
  private static void requireRegular(Path file) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file + ": is a folder, expected an .npy file");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": is not a regular file, expected an .npy file");
    }
  }

  private static void writeBytes(FileChannel channel, byte[] bytes) throws IOException {
    AtomicFiles.writeFully(channel, ByteBuffer.wrap(bytes));
  }

  private static InvalidInputException cannotRead(Path file, IOException e) {
    return new InvalidInputException(file + ": cannot read: " + FileErrors.reason(e), e);
  }
}
