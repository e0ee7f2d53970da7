package io.github.relumax.io;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is known of a problem folder before all of A2 is read.
 *
 * @param a1 n x d
 * @param m rows of A2
 * @param a2Type storage of A2
 * @param a2Mapped whether A2 can be mapped; if not, opening the problem copies it to memory
 * @param a2NonZeros entries of A2 that are not zero, judged by some of its rows; all where it
 *     cannot be mapped
 * @param x0 the start, where there is one
 */
public record ProblemOutline(
    Matrix a1,
    int m,
    ElementType a2Type,
    boolean a2Mapped,
    long a2NonZeros,
    Optional<double[]> x0) {
  /** Entries of A2 that are looked at, about. */
  private static final long SAMPLE = 1 << 21;

  /**
   * Looks at a folder. Entries of A1 and A2 are not checked.
   *
   * @throws InvalidInputException if A1 or A2 is missing or their shapes do not fit each other, or
   *     x0.npy does not hold d finite numbers
   */
  public static ProblemOutline open(Path dir) {
    ProblemDirectory.requireFolder(dir);
    Matrix a1 = NpyFile.read(ProblemDirectory.a1File(dir));
    Path file = ProblemDirectory.a2File(dir);
    NpyHeader a2 = NpyFile.header(file);
    Problem.requireShapes(a1, a2.rows(), a2.columns(), file.toString());
    double[] x0 = ProblemDirectory.point(a1, dir, ProblemDirectory.X0);
    return new ProblemOutline(
        a1,
        (int) a2.rows(),
        a2.type(),
        a2.mappable(),
        a2.mappable() ? nonZeros(NpyFile.read(file)) : a2.rows() * a2.columns(),
        Optional.ofNullable(x0));
  }

  /** Counts in rows at equal distances; in all of a small matrix. */
  private static long nonZeros(Matrix a2) {
    long rows = Math.clamp(SAMPLE / a2.columns(), 1, a2.rows());
    long count = 0;
    for (long k = 0; k < rows; k++) {
      // Both are below 2³¹.
      long row = k * a2.rows() / rows;
      for (long j = 0; j < a2.columns(); j++) {
        count += a2.get(row, j) == 0 ? 0 : 1;
      }
    }
    return Math.round((double) count / rows * a2.rows());
  }

  /** Hidden units. */
  public int n() {
    return (int) a1.rows();
  }

  /** Unknowns. */
  public int d() {
    return (int) a1.columns();
  }
}
