package io.github.relumax.bench;

import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dpotrf_work;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dgemv;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas.cblas_dtrsv;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Loader;

/**
 * OpenBLAS through the binding of Bytedeco, on row-major matrices outside the Java heap, allocated
 * as Relumax's are.
 */
final class OpenBlas implements Library {
  OpenBlas(int threads) {
    Loader.load(org.bytedeco.openblas.global.openblas.class);
    blas_set_num_threads(threads);
  }

  /** The binding lacks this one: the version and the kernels that OpenBLAS chose for this CPU. */
  @Override
  public String description() {
    Linker linker = Linker.nativeLinker();
    try {
      MemorySegment text =
          (MemorySegment)
              linker
                  .downcallHandle(
                      SymbolLookup.loaderLookup().findOrThrow("openblas_get_config"),
                      FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0).strip();
    } catch (Throwable e) {
      throw new IllegalStateException("openblas_get_config failed", e);
    }
  }

  @Override
  public Kernel product(Dense a, Dense b) {
    int m = a.rows();
    int k = a.columns();
    int n = b.columns();
    DoublePointer left = pointer(matrix(a));
    DoublePointer right = pointer(matrix(b));
    Matrix c = zeros(m, n);
    DoublePointer out = pointer(c);
    return kernel(
        () ->
            cblas_dgemm(
                CblasRowMajor,
                CblasNoTrans,
                CblasNoTrans,
                m,
                n,
                k,
                1,
                left,
                k,
                right,
                n,
                0,
                out,
                n),
        c);
  }

  @Override
  public Kernel gram(Dense c, double[] weights) {
    int m = c.rows();
    int d = c.columns();
    DoublePointer rows = pointer(matrix(Library.scaled(c, weights)));
    Matrix h = zeros(d, d);
    DoublePointer out = pointer(h);
    return kernel(
        () -> cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, m, 1, rows, d, 0, out, d), h);
  }

  @Override
  public Kernel multiply(Dense a, double[] x) {
    return multiply(a, CblasNoTrans, x, a.rows());
  }

  @Override
  public Kernel multiplyTransposed(Dense a, double[] v) {
    return multiply(a, CblasTrans, v, a.columns());
  }

  private static Kernel multiply(Dense a, int transposed, double[] x, int size) {
    int m = a.rows();
    int n = a.columns();
    DoublePointer matrix = pointer(matrix(a));
    DoublePointer vector = pointer(Matrix.of(1, x.length, x));
    Matrix y = zeros(1, size);
    DoublePointer out = pointer(y);
    return kernel(
        () -> cblas_dgemv(CblasRowMajor, transposed, m, n, 1, matrix, n, vector, 1, 0, out, 1), y);
  }

  /** By columns, since LAPACKE would transpose rows first; the lower triangle is the faster one. */
  @Override
  public Kernel factor(Dense h) {
    int d = h.rows();
    Matrix from = matrix(h);
    Matrix l = zeros(d, d);
    DoublePointer out = pointer(l);
    return new Kernel(
        () -> {
          l.segment().copyFrom(from.segment());
          Library.requireFactor(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, (byte) 'L', d, out, d) == 0);
        },
        () -> new Dense(d, d, l.toArray()).transposed());
  }

  @Override
  public Kernel solve(Dense l, double[] r) {
    int d = l.rows();
    DoublePointer factor = pointer(matrix(l));
    Matrix from = Matrix.of(1, d, r);
    Matrix x = zeros(1, d);
    DoublePointer out = pointer(x);
    return kernel(
        () -> {
          x.segment().copyFrom(from.segment());
          cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, d, factor, d, out, 1);
          cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, d, factor, d, out, 1);
        },
        x);
  }

  private static Matrix matrix(Dense matrix) {
    return Matrix.of(matrix.rows(), matrix.columns(), matrix.entries());
  }

  private static Matrix zeros(int rows, int columns) {
    return Matrix.allocate(rows, columns, ElementType.FLOAT64, Arena.ofAuto());
  }

  private static DoublePointer pointer(Matrix matrix) {
    return new DoublePointer(
        matrix.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asDoubleBuffer());
  }

  private static Kernel kernel(Runnable run, Matrix result) {
    return new Kernel(
        run, () -> new Dense((int) result.rows(), (int) result.columns(), result.toArray()));
  }
}
