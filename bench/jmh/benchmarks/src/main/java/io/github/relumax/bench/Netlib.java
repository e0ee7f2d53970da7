package io.github.relumax.bench;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import dev.ludovic.netlib.lapack.JavaLAPACK;
import dev.ludovic.netlib.lapack.LAPACK;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.netlib.util.intW;

/**
 * netlib's BLAS in Java with vectors, and its LAPACK, which is translated from Fortran. One thread.
 * Matrices are column-major, so a row-major one is its own transpose.
 */
final class Netlib implements Library {
  /** It announces its choice at every start; held, since a logger may be collected. */
  private static final Logger LOG = Logger.getLogger("dev.ludovic.netlib");

  static {
    LOG.setLevel(Level.WARNING);
    // Java is what is asked for here; without these it looks for a native library first.
    System.setProperty("dev.ludovic.netlib.blas.allowNative", "false");
    System.setProperty("dev.ludovic.netlib.lapack.allowNative", "false");
  }

  private final BLAS blas = JavaBLAS.getInstance();
  private final LAPACK lapack = JavaLAPACK.getInstance();

  Netlib() {
    if (!blas.getClass().getSimpleName().equals("VectorBLAS")) {
      throw new IllegalStateException(
          "netlib chose "
              + blas.getClass()
              + ": start java with --add-modules jdk.incubator.vector");
    }
  }

  @Override
  public String description() {
    return "%s, %s, one thread"
        .formatted(blas.getClass().getSimpleName(), lapack.getClass().getSimpleName());
  }

  /** The first factor transposed, the second not: the case that it has vector code for. */
  @Override
  public Kernel product(Dense a, Dense b) {
    int m = a.rows();
    int k = a.columns();
    int n = b.columns();
    double[] right = b.transposed().entries();
    double[] c = new double[m * n];
    return new Kernel(
        () -> blas.dgemm("T", "N", m, n, k, 1, a.entries(), k, right, k, 0, c, m),
        () -> new Dense(n, m, c).transposed());
  }

  @Override
  public Kernel gram(Dense c, double[] weights) {
    int m = c.rows();
    int d = c.columns();
    double[] rows = Library.scaled(c, weights).entries();
    Dense h = zeros(d, d);
    return new Kernel(() -> blas.dsyrk("U", "N", d, m, 1, rows, d, 0, h.entries(), d), () -> h);
  }

  @Override
  public Kernel multiply(Dense a, double[] x) {
    return multiply(a, "T", x, a.rows());
  }

  @Override
  public Kernel multiplyTransposed(Dense a, double[] v) {
    return multiply(a, "N", v, a.columns());
  }

  private Kernel multiply(Dense a, String transposed, double[] x, int size) {
    int m = a.rows();
    int n = a.columns();
    Dense y = zeros(1, size);
    return new Kernel(
        () -> blas.dgemv(transposed, n, m, 1, a.entries(), n, x, 1, 0, y.entries(), 1), () -> y);
  }

  @Override
  public Kernel factor(Dense h) {
    int d = h.rows();
    Dense l = zeros(d, d);
    intW info = new intW(0);
    return new Kernel(
        () -> {
          System.arraycopy(h.entries(), 0, l.entries(), 0, d * d);
          lapack.dpotrf("U", d, l.entries(), d, info);
          Library.requireFactor(info.val == 0);
        },
        () -> l);
  }

  @Override
  public Kernel solve(Dense l, double[] r) {
    int d = l.rows();
    Dense x = zeros(1, d);
    return new Kernel(
        () -> {
          System.arraycopy(r, 0, x.entries(), 0, d);
          blas.dtrsv("U", "T", "N", d, l.entries(), d, x.entries(), 1);
          blas.dtrsv("U", "N", "N", d, l.entries(), d, x.entries(), 1);
        },
        () -> x);
  }

  private static Dense zeros(int rows, int columns) {
    return new Dense(rows, columns, new double[rows * columns]);
  }
}
