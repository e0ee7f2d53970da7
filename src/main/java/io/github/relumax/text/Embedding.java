package io.github.relumax.text;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_MT_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The first layer of a text problem: the anchors' embedding and the unit of the prior.
 *
 * <pre>
 *     S = U diag(s) Vᵀ            the anchors' rows of the PPMI matrix (n x n), s falling
 *     E_aj = U_aj √(s_j / s_0)    j < d
 *     A1 = [E 0; 0 1]             ((n + 1) x (d + 1))
 * </pre>
 *
 * A singular vector is defined up to its sign: each is turned so that its largest entry is
 * positive.
 */
final class Embedding {
  /** Singular values below this share of the largest are rounding: the matrix lacks that rank. */
  private static final double RANK_TOLERANCE = 1e-12;

  /** Entries this close count as equally large, so that rounding does not pick the sign. */
  private static final double EQUALLY_LARGE = 1 - 1e-6;

  /** Dense n x n arrays on the heap while decomposing: S, its transform, U, and one to spare. */
  private static final int HEAP_MATRICES = 4;

  private Embedding() {}

  /**
   * @throws InvalidInputException if the decomposition of n anchors does not fit the heap
   */
  static void requireHeap(int n, long heapBytes) {
    long needed = HEAP_MATRICES * 8L * n * n;
    if ((long) n * n > Integer.MAX_VALUE - 8 || needed > heapBytes) {
      throw new InvalidInputException(
          "--anchors %d: their decomposition needs %d MiB of Java heap, %d MiB are there: lower"
                  .formatted(n, needed >> 20, heapBytes >> 20)
              + " --anchors, or give more heap (-Xmx)");
    }
  }

  /**
   * A1 for d = {@code dimension}.
   *
   * @param ppmi the matrix whose rows {@code firstAnchor} to {@code firstAnchor + n} and first n
   *     columns are S
   * @throws InvalidInputException if the rank of S is below d
   */
  static Matrix firstLayer(Matrix ppmi, int firstAnchor, int n, int dimension) {
    DMatrixRMaj s = new DMatrixRMaj(n, n);
    for (int a = 0; a < n; a++) {
      for (int k = 0; k < n; k++) {
        s.unsafe_set(a, k, ppmi.get(firstAnchor + a, k));
      }
    }
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_MT_DDRM.svd(true, false, true);
    if (!svd.decompose(s)) {
      throw new IllegalStateException("the singular value decomposition did not converge");
    }
    double[] values = svd.getSingularValues();
    DMatrixRMaj u = svd.getU(null, false);
    List<Integer> order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer j) -> values[j]).reversed())
            .toList();
    requireRank(values, order, dimension);

    Matrix a1 = Matrix.allocate(n + 1L, dimension + 1L, ElementType.FLOAT64).named("A1");
    for (int j = 0; j < dimension; j++) {
      int column = order.get(j);
      double scale = sign(u, column) * Math.sqrt(values[column] / values[order.getFirst()]);
      for (int a = 0; a < n; a++) {
        a1.set(a, j, scale * u.unsafe_get(a, column));
      }
    }
    a1.set(n, dimension, 1);
    return a1;
  }

  private static void requireRank(double[] values, List<Integer> order, int dimension) {
    double smallest = RANK_TOLERANCE * values[order.getFirst()];
    long rank = IntStream.range(0, values.length).filter(j -> values[j] > smallest).count();
    if (rank < dimension) {
      throw new InvalidInputException(
          "--dimension %d: the anchors' embedding has only %d dimensions: "
                  .formatted(dimension, rank)
              + (rank == 0
                  ? "the anchors are never near each other, so give more text or raise --window"
                  : "lower --dimension to %d, give more text or raise --window".formatted(rank)));
    }
  }

  /** The sign of the first entry of a column that is as large as any. */
  private static double sign(DMatrixRMaj u, int column) {
    double largest = 0;
    for (int a = 0; a < u.numRows; a++) {
      largest = Math.max(largest, Math.abs(u.unsafe_get(a, column)));
    }
    int a = 0;
    while (Math.abs(u.unsafe_get(a, column)) < EQUALLY_LARGE * largest) {
      a++;
    }
    return Math.signum(u.unsafe_get(a, column));
  }
}
