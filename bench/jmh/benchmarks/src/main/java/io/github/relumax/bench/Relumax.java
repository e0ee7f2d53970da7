package io.github.relumax.bench;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.Matrix;
import java.util.Arrays;

/** This project's CPU backend, through its public interface. */
final class Relumax implements Library {
  private final Backend backend;

  Relumax(int threads) {
    backend = Backends.open("cpu", new BackendOptions(threads));
  }

  @Override
  public String description() {
    return backend.description().device();
  }

  /** C = A2 diag(mask) A1 with every unit active. */
  @Override
  public Kernel product(Dense a, Dense b) {
    Buffer a2 = upload(a);
    Buffer a1 = upload(b);
    Buffer c = backend.allocate(a.rows(), b.columns());
    Units all = backend.units(a.columns());
    double[] ones = new double[a.columns()];
    Arrays.fill(ones, 1);
    backend.activeUnits(upload(ones), all);
    return kernel(() -> backend.accumulate(a2, all, a1, 0, c), c);
  }

  @Override
  public Kernel gram(Dense c, double[] weights) {
    Buffer rows = upload(c);
    Buffer center = backend.allocate(1, c.columns());
    Buffer a = upload(weights);
    Buffer h = backend.allocate(c.columns(), c.columns());
    return kernel(() -> backend.gram(rows, center, a, 0, h), h);
  }

  @Override
  public Kernel multiply(Dense a, double[] x) {
    Buffer matrix = upload(a);
    Buffer vector = upload(x);
    Buffer y = backend.allocate(1, a.rows());
    return kernel(() -> backend.multiply(matrix, vector, y), y);
  }

  @Override
  public Kernel multiplyTransposed(Dense a, double[] v) {
    Buffer matrix = upload(a);
    Buffer vector = upload(v);
    Buffer y = backend.allocate(1, a.columns());
    return kernel(() -> backend.multiplyTransposed(matrix, vector, y), y);
  }

  @Override
  public Kernel factor(Dense h) {
    Buffer matrix = upload(h);
    Buffer l = backend.allocate(h.rows(), h.rows());
    return kernel(() -> Library.requireFactor(backend.factor(matrix, 0, l)), l);
  }

  @Override
  public Kernel solve(Dense l, double[] r) {
    Buffer factor = upload(l);
    Buffer right = upload(r);
    Buffer x = backend.allocate(1, r.length);
    return kernel(() -> backend.solve(factor, right, x), x);
  }

  private Buffer upload(Dense matrix) {
    return backend.upload(Matrix.of(matrix.rows(), matrix.columns(), matrix.entries()));
  }

  private Buffer upload(double[] vector) {
    return backend.upload(Matrix.of(1, vector.length, vector));
  }

  private Kernel kernel(Runnable run, Buffer result) {
    return new Kernel(
        run,
        () -> {
          int rows = (int) result.rows();
          int columns = (int) result.columns();
          double[] entries = new double[rows * columns];
          backend.read(result, entries);
          return new Dense(rows, columns, entries);
        });
  }
}
