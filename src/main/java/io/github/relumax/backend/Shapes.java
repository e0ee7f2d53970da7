package io.github.relumax.backend;

/** The checks of shapes that every backend makes; what fails is an IllegalArgumentException. */
public final class Shapes {
  private Shapes() {}

  /** Entries of a buffer. */
  public static long size(Buffer buffer) {
    return buffer.rows() * buffer.columns();
  }

  /** Requires so many entries. */
  public static void requireSize(Buffer buffer, long size) {
    if (size(buffer) != size) {
      throw new IllegalArgumentException(
          "a buffer of %d x %d where %d entries are expected"
              .formatted(buffer.rows(), buffer.columns(), size));
    }
  }

  /** The same for a buffer that may be null. */
  public static void requireOptional(Buffer buffer, long size) {
    if (buffer != null) {
      requireSize(buffer, size);
    }
  }

  /** Requires 0 or 1. */
  public static void requireKeep(double keep) {
    if (keep != 0 && keep != 1) {
      throw new IllegalArgumentException("keep is " + keep + ", expected 0 or 1");
    }
  }

  /** Requires a power of two up to 2³¹. */
  public static void requireBuckets(long rows) {
    if (Long.bitCount(rows) != 1 || rows > 1L << 31) {
      throw new IllegalArgumentException(
          "a sketch of %d rows, expected a power of two up to 2^31".formatted(rows));
    }
  }

  /** Requires that two buffers fit. */
  public static void require(boolean fits, String what, Buffer left, Buffer right) {
    if (!fits) {
      throw new IllegalArgumentException(
          "%s: a buffer of %d x %d does not fit one of %d x %d"
              .formatted(what, right.rows(), right.columns(), left.rows(), left.columns()));
    }
  }

  /**
   * Requires the shapes of {@link Backend#multiplyTransposed}.
   *
   * @return how many vectors v has
   */
  public static long requireTransposed(Buffer a, Buffer v, Buffer y) {
    boolean column = v.columns() == 1 && v.rows() == a.rows();
    require(column || v.columns() == a.rows(), "multiplyTransposed", a, v);
    long vectors = column && size(y) == a.columns() ? 1 : v.rows();
    requireSize(y, vectors * a.columns());
    return vectors;
  }

  /** Requires rows first..first+count-1 of a buffer to exist. */
  public static void requireRows(Buffer buffer, long first, long count) {
    if (first < 0 || count < 0 || first + count > buffer.rows()) {
      throw new IllegalArgumentException(
          "rows %d..%d of a buffer of %d".formatted(first, first + count - 1, buffer.rows()));
    }
  }

  /** Requires entries first..first+count-1 of a list to exist. */
  public static void requireEntries(Units list, long first, long count) {
    if (first < 0 || first > list.count() - count) {
      throw new IllegalArgumentException(
          "entries %d..%d of a list of %d".formatted(first, first + count - 1, list.count()));
    }
  }
}
