package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.InsufficientMemoryException;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * The extreme eigenvalues of a symmetric d x d matrix.
 *
 * @param least λmin
 * @param greatest λmax
 * @param rounding an eigenvalue below this in size cannot be told from 0: d eps max |λ|
 */
public record Spectrum(double least, double greatest, double rounding) {
  private static final double EPS = Math.ulp(1.0);

  /** What the least eigenvalue says about a matrix. */
  public enum Definiteness {
    POSITIVE_DEFINITE("positive definite"),
    SINGULAR("singular up to rounding"),
    INDEFINITE("not positive definite");

    private final String words;

    Definiteness(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /**
   * Computes all eigenvalues on the host, in O(d³).
   *
   * @param h finite and symmetric; its upper triangle is not looked at
   * @throws InsufficientMemoryException if its copies do not fit the Java heap, or an array
   */
  public static Spectrum of(Backend backend, Buffer h) {
    // The entries read, the matrix that is decomposed, and the decomposition's own.
    requireHeap(h.rows(), 3);
    int d = (int) h.rows();
    double[] entries = new double[d * d];
    backend.read(h, entries);
    double scale = 0;
    for (double entry : entries) {
      scale = Math.max(scale, Math.abs(entry));
    }
    if (scale == 0) {
      return new Spectrum(0, 0, 0);
    }
    // The Hessian's natural scale may be far from 1, where thresholds of a general library live.
    DMatrixRMaj matrix = new DMatrixRMaj(d, d);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j <= i; j++) {
        double entry = entries[i * d + j] / scale;
        matrix.unsafe_set(i, j, entry);
        matrix.unsafe_set(j, i, entry);
      }
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(d, false, true);
    if (!eigen.decompose(matrix)) {
      throw new IllegalStateException("the eigenvalues of a " + d + " x " + d + " matrix failed");
    }
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < d; k++) {
      double value = scale * eigen.getEigenvalue(k).getReal();
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    return new Spectrum(least, greatest, d * EPS * Math.max(Math.abs(least), Math.abs(greatest)));
  }

  /**
   * Checks that the Java heap can hold so many d x d matrices.
   *
   * @throws InsufficientMemoryException if it cannot, or no array can hold one of them
   */
  public static void requireHeap(long d, int matrices) {
    double bytes = matrices * 8.0 * d * d;
    long heap = Runtime.getRuntime().maxMemory();
    if (bytes > heap) {
      throw new InsufficientMemoryException(
          "eigenvalues of a %d x %d matrix need %.1f GB of Java heap, it may have %.1f GB; raise -Xmx"
              .formatted(d, d, 1e-9 * bytes, 1e-9 * heap));
    }
    if (d * d > Integer.MAX_VALUE - 8) {
      throw new InsufficientMemoryException(
          "eigenvalues of a %d x %d matrix: its entries do not fit a Java array".formatted(d, d));
    }
  }

  /** Judged against rounding. */
  public Definiteness definiteness() {
    if (least > rounding) {
      return Definiteness.POSITIVE_DEFINITE;
    }
    return least < -rounding ? Definiteness.INDEFINITE : Definiteness.SINGULAR;
  }
}
