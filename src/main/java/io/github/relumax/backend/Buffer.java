package io.github.relumax.backend;

import io.github.relumax.matrix.ElementType;

/**
 * Numbers that live where a {@link Backend} computes: rows x columns, row-major. A vector is a
 * buffer of one row; several vectors that are treated alike (the trial points of one iteration) are
 * the rows of one buffer.
 *
 * <p>Only the backend that made a buffer can use it. A view ({@link #rows}, {@link #reshaped})
 * shares the memory of the buffer it came from and is not closed.
 */
public interface Buffer extends AutoCloseable {
  long rows();

  long columns();

  /** Storage of one entry. Buffers that a backend writes to are always float64. */
  ElementType type();

  /** How many entries are kept: all, or those that are not zero. */
  default long storedEntries() {
    return rows() * columns();
  }

  /** The bytes that reading them takes. */
  default long passBytes() {
    return storedEntries() * type().bytes();
  }

  /** Rows first..first+count-1 of this buffer, sharing its memory. */
  Buffer rows(long first, long count);

  /** Row k as a vector, sharing this buffer's memory. */
  default Buffer row(long k) {
    return rows(k, 1);
  }

  /**
   * The first entries of this buffer as a matrix of that shape, sharing its memory: for results
   * whose shape varies.
   *
   * @throws IllegalArgumentException if there are not so many, or only non-zeros are kept
   */
  Buffer reshaped(long rows, long columns);

  /** Frees the memory; a second call does nothing. */
  @Override
  void close();
}
