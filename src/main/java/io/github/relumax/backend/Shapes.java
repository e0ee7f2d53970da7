package io.github.relumax.backend;

/**
 * The checks of shapes that every backend makes, as {@link Backend} says them; what fails is an
 * IllegalArgumentException.
 */
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

  /** Requires the shapes of {@link Backend#steps}, for so many of them. */
  public static void requireSteps(Buffer x, Buffer p, int count, Buffer out) {
    requireSize(p, size(x));
    require(out.rows() >= count && out.columns() == x.columns(), "steps", x, out);
  }

  /** Requires the shapes of {@link Backend#multiply}, or of another product like it. */
  public static void requireMultiply(String what, Buffer a, Buffer x, Buffer y) {
    require(x.columns() == a.columns(), what, a, x);
    require(y.rows() == x.rows() && y.columns() == a.rows(), what, a, y);
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

  /** Requires the shapes of {@link Backend#softmax}. */
  public static void requireSoftmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    long m = size(z);
    requireSize(b, m);
    requireOptional(w2, m);
    requireSize(f, m);
    requireSize(gz, m);
  }

  /** Requires the shapes of {@link Backend#applyCurvature}. */
  public static void requireApplyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    long m = size(u);
    requireSize(a, m);
    requireSize(f, m);
    requireOptional(w2, m);
    requireSize(out, m);
  }

  /** Requires the shapes of {@link Backend#gram}. */
  public static void requireGram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    require(size(a) == c.rows(), "gram", c, a);
    require(size(center) == c.columns(), "gram", c, center);
    require(h.rows() == c.columns() && h.columns() == c.columns(), "gram", c, h);
    requireKeep(keep);
  }

  /** Requires the shapes of {@link Backend#gramOfUnits}, and that not all of a2 is kept. */
  public static void requireGramOfUnits(
      Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    require(a2.columns() == a1.rows(), "gramOfUnits", a2, a1);
    require(size(a) == a2.rows(), "gramOfUnits", a2, a);
    require(size(center) == a1.columns(), "gramOfUnits", a1, center);
    require(h.rows() == a1.columns() && h.columns() == a1.columns(), "gramOfUnits", a1, h);
    long most = Math.min(a1.columns(), Backend.MOST_GRAM_UNITS);
    if (units.count() > most) {
      throw new IllegalArgumentException(
          "gramOfUnits: %d units, expected at most %d".formatted(units.count(), most));
    }
    if (a2.storedEntries() == size(a2)) {
      throw new IllegalArgumentException(
          "gramOfUnits: a matrix of which all entries are kept, where one of which the non-zeros"
              + " alone are is expected");
    }
  }

  /** Requires the shapes of {@link Backend#solve}, or of the other solve. */
  public static void requireSolve(String what, Buffer l, Buffer r, Buffer out) {
    require(l.rows() == l.columns() && r.columns() == l.rows(), what, l, r);
    require(out.rows() == r.rows() && out.columns() == r.columns(), what, r, out);
  }

  /** Requires the shapes of {@link Backend#curvatureTimes}. */
  public static void requireCurvatureTimes(
      Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    require(size(center) == c.columns(), "curvatureTimes", c, center);
    require(size(a) == c.rows(), "curvatureTimes", c, a);
    require(size(v) == c.columns(), "curvatureTimes", c, v);
    require(size(out) == c.columns(), "curvatureTimes", c, out);
  }

  /** Requires the shapes of {@link Backend#countSketch}. */
  public static void requireCountSketch(Buffer c, Buffer center, Buffer a, Buffer out) {
    require(out.columns() == c.columns(), "countSketch", c, out);
    requireOptional(center, c.columns());
    requireOptional(a, c.rows());
    requireBuckets(out.rows());
  }

  /** Requires the shapes of {@link Backend#rowScores}. */
  public static void requireRowScores(
      Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    requireSize(shift, y.rows());
    requireOptional(a, y.columns());
    requireSize(scores, y.columns());
    requireKeep(keep);
  }

  /** Requires rows first..first+count-1 of a buffer to exist. */
  public static void requireRows(Buffer buffer, long first, long count) {
    if (first < 0 || count < 0 || first + count > buffer.rows()) {
      throw new IllegalArgumentException(
          "rows %d..%d of a buffer of %d".formatted(first, first + count - 1, buffer.rows()));
    }
  }

  /** Requires a buffer to have as many entries as a matrix of this shape, or more. */
  public static void requireRoom(Buffer buffer, long rows, long columns) {
    if (rows < 0 || columns < 0 || rows * columns > size(buffer)) {
      throw new IllegalArgumentException(
          "a buffer of %d x %d has no room for %d x %d"
              .formatted(buffer.rows(), buffer.columns(), rows, columns));
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
