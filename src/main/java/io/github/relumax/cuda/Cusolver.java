package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Cholesky factor and solve of cuSOLVER, in float64, column-major. Addresses are those of device
 * memory; everything runs on the stream that the handle was opened on.
 */
final class Cusolver implements AutoCloseable {
  /** The upper triangle of a column-major matrix is the lower one of a row-major one. */
  private static final int UPPER = 1;

  private static final int ALLOC_FAILED = 2;

  private final CudaCalls calls;
  private final MethodHandle bufferSize;
  private final MethodHandle potrf;
  private final MethodHandle potrs;
  private final MethodHandle destroy;
  private final long handle;

  /**
   * Opens a handle in the current context.
   *
   * @param calls which say what a failed call is
   * @param stream address of the stream
   */
  Cusolver(CudaCalls calls, NativeLibrary library, long stream) {
    this.calls = calls;
    // Handles, streams and device addresses are pointers to C, numbers here.
    MethodHandle create =
        library.function("cusolverDnCreate", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    MethodHandle setStream =
        library.function(
            "cusolverDnSetStream", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    destroy = library.function("cusolverDnDestroy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    bufferSize =
        library.function(
            "cusolverDnDpotrf_bufferSize",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS));
    potrf =
        library.function(
            "cusolverDnDpotrf",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT,
                JAVA_LONG));
    potrs =
        library.function(
            "cusolverDnDpotrs",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG,
                JAVA_INT, JAVA_LONG));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      check("cusolverDnCreate", (int) create.invokeExact(out));
      handle = out.get(JAVA_LONG, 0);
      check("cusolverDnSetStream", (int) setStream.invokeExact(handle, stream));
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  /** How many float64 numbers of workspace {@link #factor} wants for a d x d matrix. */
  int workspace(int d, long a) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_INT);
      int status = (int) bufferSize.invokeExact(handle, UPPER, d, a, d, size);
      check("cusolverDnDpotrf_bufferSize, d = " + d, status);
      return size.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  /**
   * a, whose upper triangle (column-major) is that of a symmetric matrix, becomes the transpose of
   * its lower factor there; the other triangle stays.
   *
   * @param info device address of an int: becomes 0, or the first minor that is not positive
   */
  void factor(int d, long a, long workspace, int workspaceSize, long info) {
    try {
      int status = (int) potrf.invokeExact(handle, UPPER, d, a, d, workspace, workspaceSize, info);
      check("cusolverDnDpotrf, d = " + d, status);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  /** The vectors b become the solutions of a system whose matrix {@link #factor} factored. */
  void solve(int d, int vectors, long a, long b, long info) {
    try {
      int status = (int) potrs.invokeExact(handle, UPPER, d, vectors, a, d, b, d, info);
      check("cusolverDnDpotrs, d = %d, %d vectors".formatted(d, vectors), status);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  private void check(String call, int status) {
    if (status != 0) {
      String error =
          status == ALLOC_FAILED
              ? "CUSOLVER_STATUS_ALLOC_FAILED"
              : "cusolverStatus_t %d".formatted(status);
      throw calls.failure(call, error, null);
    }
  }

  /** Frees the handle; there is nothing to be done where that fails. */
  @Override
  public void close() {
    try {
      int _ = (int) destroy.invokeExact(handle);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }
}
