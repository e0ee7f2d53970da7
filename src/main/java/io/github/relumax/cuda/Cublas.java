package io.github.relumax.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasDiagType;
import jcuda.jcublas.cublasFillMode;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasSideMode;
import jcuda.runtime.cudaStream_t;

/**
 * Products and a triangular solve of cuBLAS, in float64, column-major. Addresses are those of
 * device memory; everything runs on the stream that the handle was opened on.
 */
final class Cublas {
  private final CudaCalls calls;
  private final cublasHandle handle = new cublasHandle();
  private final HostPointer zero;
  private final HostPointer one;
  private final HostPointer minusOne;

  /**
   * Opens a handle in the current context, which is freed with it.
   *
   * @param arena for numbers that outlive every call
   */
  Cublas(CudaCalls calls, CUstream stream, Arena arena) {
    this.calls = calls;
    calls.call("cublasCreate", () -> JCublas2.cublasCreate(handle));
    calls.onClose("cublasDestroy", () -> JCublas2.cublasDestroy(handle));
    calls.call("cublasSetStream", () -> JCublas2.cublasSetStream(handle, new cudaStream_t(stream)));
    zero = constant(arena, 0);
    one = constant(arena, 1);
    minusOne = constant(arena, -1);
  }

  private static HostPointer constant(Arena arena, double value) {
    return new HostPointer(arena.allocateFrom(ValueLayout.JAVA_DOUBLE, value));
  }

  /** c (rows x columns, as stored side by side) = a b + keep c: a: rows x k, b: k x columns. */
  void multiply(int rows, int columns, int k, long a, long b, boolean keep, long c) {
    int plain = cublasOperation.CUBLAS_OP_N;
    calls.call(
        "cublasDgemm of %d x %d x %d".formatted(rows, columns, k),
        () ->
            JCublas2.cublasDgemm(
                handle,
                plain,
                plain,
                rows,
                columns,
                k,
                one,
                new DevicePointer(a),
                rows,
                new DevicePointer(b),
                k,
                keep ? one : zero,
                new DevicePointer(c),
                rows));
  }

  /** Lower triangle of h (d x d) = ± a aᵀ + keep h: a: d x k. */
  void addSquare(int d, int k, boolean subtract, long a, boolean keep, long h) {
    calls.call(
        "cublasDsyrk of %d x %d".formatted(d, k),
        () ->
            JCublas2.cublasDsyrk(
                handle,
                cublasFillMode.CUBLAS_FILL_MODE_LOWER,
                cublasOperation.CUBLAS_OP_N,
                d,
                k,
                subtract ? minusOne : one,
                new DevicePointer(a),
                d,
                keep ? one : zero,
                new DevicePointer(h),
                d));
  }

  /** b (d x count) = a⁻¹ b, or a⁻ᵀ b: a: d x d, of which the upper triangle counts. */
  void solveUpper(boolean transposed, int d, int count, long a, long b) {
    calls.call(
        "cublasDtrsm of %d x %d".formatted(d, count),
        () ->
            JCublas2.cublasDtrsm(
                handle,
                cublasSideMode.CUBLAS_SIDE_LEFT,
                cublasFillMode.CUBLAS_FILL_MODE_UPPER,
                transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N,
                cublasDiagType.CUBLAS_DIAG_NON_UNIT,
                d,
                count,
                one,
                new DevicePointer(a),
                d,
                new DevicePointer(b),
                d));
  }
}
