package io.github.relumax.bench;

import org.ojalgo.OjAlgoUtils;
import org.ojalgo.matrix.decomposition.Cholesky;
import org.ojalgo.matrix.store.MatrixStore;
import org.ojalgo.matrix.store.R064Store;

/**
 * ojAlgo's column-major matrices. It has no product that knows its result to be symmetric, so the
 * Gram matrix is a full product. It chooses itself when to use its threads.
 */
final class OjAlgo implements Library {
  private final int threads;

  OjAlgo(int threads) {
    this.threads = threads;
    OjAlgoUtils.limitThreadsTo(threads);
  }

  @Override
  public String description() {
    return "up to " + threads + " threads, by its own choice";
  }

  @Override
  public Kernel product(Dense a, Dense b) {
    R064Store left = matrix(a);
    R064Store right = matrix(b);
    R064Store c = R064Store.FACTORY.make(a.rows(), b.columns());
    return kernel(() -> c.fillByMultiplying(left, right), c);
  }

  @Override
  public Kernel gram(Dense c, double[] weights) {
    R064Store rows = matrix(Library.scaled(c, weights));
    MatrixStore<Double> transposed = rows.transpose();
    R064Store h = R064Store.FACTORY.make(c.columns(), c.columns());
    return kernel(() -> h.fillByMultiplying(transposed, rows), h);
  }

  @Override
  public Kernel multiply(Dense a, double[] x) {
    R064Store matrix = matrix(a);
    R064Store vector = R064Store.wrap(x);
    R064Store y = R064Store.FACTORY.make(a.rows(), 1);
    return kernel(() -> y.fillByMultiplying(matrix, vector), y);
  }

  /** vᵀ A, which is several times faster here than a transposed A times v. */
  @Override
  public Kernel multiplyTransposed(Dense a, double[] v) {
    R064Store matrix = matrix(a);
    R064Store row = R064Store.FACTORY.make(1, a.rows());
    row.fillMatching(R064Store.wrap(v));
    R064Store y = R064Store.FACTORY.make(1, a.columns());
    return kernel(() -> y.fillByMultiplying(row, matrix), y);
  }

  @Override
  public Kernel factor(Dense h) {
    R064Store from = matrix(h);
    Cholesky<Double> cholesky = Cholesky.R064.make(from);
    return new Kernel(
        () -> Library.requireFactor(cholesky.decompose(from)), () -> dense(cholesky.getL()));
  }

  @Override
  public Kernel solve(Dense l, double[] r) {
    R064Store factor = matrix(l);
    R064Store x = R064Store.FACTORY.make(r.length, 1);
    R064Store from = R064Store.wrap(r);
    return kernel(
        () -> {
          x.fillMatching(from);
          x.substituteForwards(factor, false, false, false);
          x.substituteBackwards(factor, false, true, false);
        },
        x);
  }

  private static R064Store matrix(Dense matrix) {
    R064Store copy = R064Store.FACTORY.make(matrix.rows(), matrix.columns());
    for (int i = 0; i < matrix.rows(); i++) {
      for (int j = 0; j < matrix.columns(); j++) {
        copy.set(i, j, matrix.entries()[i * matrix.columns() + j]);
      }
    }
    return copy;
  }

  private static Kernel kernel(Runnable run, R064Store result) {
    return new Kernel(run, () -> dense(result));
  }

  private static Dense dense(MatrixStore<Double> matrix) {
    int rows = matrix.getRowDim();
    int columns = matrix.getColDim();
    double[] entries = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        entries[i * columns + j] = matrix.doubleValue(i, j);
      }
    }
    return new Dense(rows, columns, entries);
  }
}
