package io.github.relumax.bench;

import org.ejml.concurrency.EjmlConcurrency;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.CommonOps_MT_DDRM;
import org.ejml.dense.row.decomposition.TriangularSolver_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_MT_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;

/**
 * EJML's row-major matrices: the concurrent form of an operation where there is one, which leaves
 * matrix times vector and the triangular solves on one thread.
 */
final class Ejml implements Library {
  Ejml(int threads) {
    EjmlConcurrency.setMaxThreads(threads);
  }

  @Override
  public String description() {
    return EjmlConcurrency.getMaxThreads() + " threads; multiply and solve one";
  }

  @Override
  public Kernel product(Dense a, Dense b) {
    DMatrixRMaj left = matrix(a);
    DMatrixRMaj right = matrix(b);
    DMatrixRMaj c = new DMatrixRMaj(a.rows(), b.columns());
    return kernel(() -> CommonOps_MT_DDRM.mult(left, right, c), c);
  }

  @Override
  public Kernel gram(Dense c, double[] weights) {
    DMatrixRMaj rows = matrix(Library.scaled(c, weights));
    DMatrixRMaj h = new DMatrixRMaj(c.columns(), c.columns());
    return kernel(() -> CommonOps_MT_DDRM.multInner(rows, h), h);
  }

  @Override
  public Kernel multiply(Dense a, double[] x) {
    DMatrixRMaj matrix = matrix(a);
    DMatrixRMaj vector = column(x);
    DMatrixRMaj y = new DMatrixRMaj(a.rows(), 1);
    return kernel(() -> CommonOps_DDRM.mult(matrix, vector, y), y);
  }

  @Override
  public Kernel multiplyTransposed(Dense a, double[] v) {
    DMatrixRMaj matrix = matrix(a);
    DMatrixRMaj vector = column(v);
    DMatrixRMaj y = new DMatrixRMaj(a.columns(), 1);
    return kernel(() -> CommonOps_DDRM.multTransA(matrix, vector, y), y);
  }

  @Override
  public Kernel factor(Dense h) {
    DMatrixRMaj from = matrix(h);
    DMatrixRMaj l = new DMatrixRMaj(h.rows(), h.rows());
    CholeskyDecomposition_F64<DMatrixRMaj> cholesky =
        DecompositionFactory_MT_DDRM.chol(h.rows(), true);
    return new Kernel(
        () -> {
          l.setTo(from);
          Library.requireFactor(cholesky.decompose(l));
        },
        () -> dense(cholesky.getT(null)));
  }

  @Override
  public Kernel solve(Dense l, double[] r) {
    int d = l.rows();
    DMatrixRMaj x = new DMatrixRMaj(d, 1);
    return kernel(
        () -> {
          System.arraycopy(r, 0, x.data, 0, d);
          TriangularSolver_DDRM.solveL(l.entries(), x.data, d);
          TriangularSolver_DDRM.solveTranL(l.entries(), x.data, d);
        },
        x);
  }

  private static DMatrixRMaj matrix(Dense matrix) {
    return DMatrixRMaj.wrap(matrix.rows(), matrix.columns(), matrix.entries());
  }

  private static DMatrixRMaj column(double[] vector) {
    return DMatrixRMaj.wrap(vector.length, 1, vector);
  }

  private static Kernel kernel(Runnable run, DMatrixRMaj result) {
    return new Kernel(run, () -> dense(result));
  }

  private static Dense dense(DMatrixRMaj matrix) {
    return new Dense(matrix.numRows, matrix.numCols, matrix.data);
  }
}
