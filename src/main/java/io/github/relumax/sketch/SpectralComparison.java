package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.objective.Spectrum;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * How far positive semidefinite matrices are from one of them, H: the extreme eigenvalues of
 *
 * <pre>  Λ^(-1/2) Vᵀ H̃ V Λ^(-1/2),   H = V Λ Vᵀ</pre>
 *
 * over the directions that H has: those with λ_i above 1e-10 of the mean of all. All on the host,
 * in O(d³).
 */
public final class SpectralComparison {
  private static final double LEAST_PART = 1e-10;

  /** Matrices that exist at a time, in here and in a decomposition. */
  private static final int COPIES = 8;

  private static final double EPS = Math.ulp(1.0);

  private final Backend backend;
  private final int d;
  private final double[] entries;

  /** 1 over the largest entry of H: a library's thresholds live near 1. */
  private final double unit;

  /** V Λ^(-1/2), a column for each direction that counts. */
  private final DMatrixRMaj toUnit;

  /** Λ_max / Λ_min over these. */
  private final double condition;

  /**
   * The extreme eigenvalues of H̃ against H: (1 - ε) H &lt;= H̃ &lt;= (1 + ε) H holds for ε =
   * {@link #epsilon}, and for no smaller one.
   *
   * @param least 0 where H̃ lacks a direction that H has
   * @param greatest the largest ratio of vᵀH̃v to vᵀHv
   */
  public record Extremes(double least, double greatest) {
    /** max(1 - least, greatest - 1). */
    public double epsilon() {
      return Math.max(1 - least, greatest - 1);
    }

    /** Whether H̃ lacks a direction that H has. */
    public boolean isSingular() {
      return least == 0;
    }
  }

  /**
   * Compares with this H, d x d and positive semidefinite, which is read once.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if its copies do not fit the Java
   *     heap, or an array
   */
  public SpectralComparison(Backend backend, Buffer h) {
    Spectrum.requireHeap(h.rows(), COPIES);
    this.backend = backend;
    d = (int) h.rows();
    entries = new double[d * d];
    backend.read(h, entries);
    double largest = 0;
    for (double entry : entries) {
      largest = Math.max(largest, Math.abs(entry));
    }
    unit = largest > 0 ? 1 / largest : 0;
    EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(scaled(), true);
    double sum = 0;
    for (int k = 0; k < d; k++) {
      sum += eigen.getEigenvalue(k).getReal();
    }
    double cut = LEAST_PART * sum / d;
    int[] counting =
        IntStream.range(0, d).filter(k -> eigen.getEigenvalue(k).getReal() > cut).toArray();
    toUnit = new DMatrixRMaj(d, counting.length);
    double least = Double.POSITIVE_INFINITY;
    double greatest = 0;
    for (int k = 0; k < counting.length; k++) {
      double value = eigen.getEigenvalue(counting[k]).getReal();
      DMatrixRMaj vector = eigen.getEigenVector(counting[k]);
      for (int i = 0; i < d; i++) {
        toUnit.set(i, k, vector.get(i) / Math.sqrt(value));
      }
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    condition = greatest / least;
  }

  /** The directions that H has. */
  public int rank() {
    return toUnit.getNumCols();
  }

  /**
   * How far H̃ is from H; both ends are 1 where H is 0.
   *
   * @param sampled H̃, d x d and positive semidefinite
   */
  public Extremes of(Buffer sampled) {
    if (rank() == 0) {
      return new Extremes(1, 1);
    }
    backend.read(sampled, entries);
    DMatrixRMaj product = new DMatrixRMaj(d, rank());
    CommonOps_DDRM.mult(scaled(), toUnit, product);
    DMatrixRMaj ratio = new DMatrixRMaj(rank(), rank());
    CommonOps_DDRM.multTransA(toUnit, product, ratio);
    EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(ratio, false);
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < rank(); k++) {
      double value = eigen.getEigenvalue(k).getReal();
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    double rounding = d * EPS * condition * Math.max(1, greatest);
    return new Extremes(least <= rounding ? 0 : least, greatest);
  }

  /** The entries times the unit, of both triangles the mean. */
  private DMatrixRMaj scaled() {
    DMatrixRMaj matrix = new DMatrixRMaj(d, d);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        matrix.set(i, j, 0.5 * unit * (entries[i * d + j] + entries[j * d + i]));
      }
    }
    return matrix;
  }

  private static EigenDecomposition_F64<DMatrixRMaj> decompose(
      DMatrixRMaj matrix, boolean vectors) {
    int size = matrix.getNumRows();
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(size, vectors, true);
    if (!eigen.decompose(matrix)) {
      throw new IllegalStateException(
          "the eigenvalues of a " + size + " x " + size + " matrix failed");
    }
    return eigen;
  }
}
