package io.github.relumax.cuda;

import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.matrix.InsufficientMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasDiagType;
import jcuda.jcublas.cublasFillMode;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasSideMode;
import jcuda.runtime.cudaStream_t;

/**
 * One device in use: its primary context, the stream that everything runs on in order, the handles
 * of cuBLAS and cuSOLVER, and memory. Every call of a CUDA library goes through here, so that one
 * that fails becomes one line that names the call and what to do.
 *
 * <p>Addresses are device addresses, numbers. Launches and copies between device addresses return
 * at once; {@link #read} waits.
 */
final class CudaContext implements AutoCloseable {
  private static final Set<String> OUT_OF_MEMORY =
      Set.of(
          "CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED", "CUSOLVER_STATUS_ALLOC_FAILED");

  private static final String ADVICE =
      "store A1 and A2 as float32 (--dtype f32), stream C (--path streamed), or use --backend cpu";

  /** Threads of a block, for every kernel. */
  private static final int THREADS = 256;

  private static final int MOST_ARGUMENTS = 16;

  /** Bytes that {@link #read} can bring over without waiting for the staging memory. */
  private static final int SMALL = 64 << 10;

  private final CudaDevice device;
  private final CUdevice handle;
  private final CUcontext context = new CUcontext();
  private final Stream stream = new Stream();
  private final cublasHandle blas = new cublasHandle();
  private final Cusolver solver;
  private final Arena arena = Arena.ofShared();
  private final HostPointer zero;
  private final HostPointer one;
  private final HostPointer minusOne;

  /** The arguments of a launch, and where each is. */
  private final MemorySegment arguments;

  private final HostPointer argumentAddresses;
  private final HostPointer small = new HostPointer();
  private final MemorySegment smallSegment;
  private final Staging staging;

  /** Device memory that was taken and not given back. */
  private final Set<Long> live = new HashSet<>();

  /** What gives back everything else, the last first. */
  private final Deque<Runnable> atClose = new ArrayDeque<>();

  private long allocations;
  private boolean opened;
  private boolean closed;

  /** Whether a call failed in a way that makes all later ones fail. */
  private boolean lost;

  /** A stream whose address can be asked for. */
  private static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  /** A call of a CUDA library. */
  interface Call {
    void run();
  }

  /**
   * Opens a device.
   *
   * @throws BackendUnavailableException if it cannot be used
   */
  CudaContext(CudaLibraries libraries, CudaDevice device) {
    this.device = device;
    handle = CudaDevice.handle(device.ordinal());
    call("cuDevicePrimaryCtxRetain", () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, handle));
    // The last release ends the context, with all that it holds.
    onClose("cuDevicePrimaryCtxRelease", () -> JCudaDriver.cuDevicePrimaryCtxRelease(handle));
    onClose("freeing memory", arena::close);
    try {
      makeCurrent();
      call(
          "cuStreamCreate",
          () -> JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
      onClose("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(stream));
      call("cublasCreate", () -> JCublas2.cublasCreate(blas));
      onClose("cublasDestroy", () -> JCublas2.cublasDestroy(blas));
      call("cublasSetStream", () -> JCublas2.cublasSetStream(blas, new cudaStream_t(stream)));
      solver = new Cusolver(this, libraries.cusolver(), stream.address());
      onClose("cusolverDnDestroy", solver::close);
      smallSegment = pinned(small, SMALL);
      zero = constant(0);
      one = constant(1);
      minusOne = constant(-1);
      arguments = arena.allocate(ValueLayout.JAVA_LONG, MOST_ARGUMENTS);
      MemorySegment addresses = arena.allocate(ValueLayout.ADDRESS, MOST_ARGUMENTS);
      for (int i = 0; i < MOST_ARGUMENTS; i++) {
        addresses.setAtIndex(ValueLayout.ADDRESS, i, arguments.asSlice(8L * i, 8));
      }
      argumentAddresses = new HostPointer(addresses);
      staging = new Staging(this, stream);
      opened = true;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private HostPointer constant(double value) {
    return new HostPointer(arena.allocateFrom(ValueLayout.JAVA_DOUBLE, value));
  }

  CudaDevice device() {
    return device;
  }

  // Calls

  /** A context belongs to a thread; solves may change threads. */
  void makeCurrent() {
    call("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
  }

  /** Makes a call; what it throws becomes an exception of ours. */
  void call(String what, Call call) {
    try {
      call.run();
    } catch (CudaException e) {
      throw failure(what, e);
    }
  }

  /** Makes a call that gives something back; where the context is lost it may fail. */
  private void release(String what, Call call) {
    try {
      call.run();
    } catch (CudaException e) {
      if (!lost) {
        throw failure(what, e);
      }
    }
  }

  private RuntimeException failure(String what, CudaException e) {
    return failure(what, e.getMessage(), e);
  }

  /**
   * What a failed call is to its caller.
   *
   * @param error by its name in CUDA
   * @param cause null where there is none
   */
  RuntimeException failure(String what, String error, Throwable cause) {
    if (OUT_OF_MEMORY.contains(error)) {
      return new InsufficientMemoryException(
          "not enough memory on %s: %s failed; close other programs that use the device, or %s"
              .formatted(device.name(), what, ADVICE),
          cause);
    }
    lost = true;
    if (!opened) {
      return new BackendUnavailableException(
          ("%s cannot be used: %s failed: %s; another program may have it to itself (see"
                  + " nvidia-smi), or driver and libraries do not go together (see relumax info)")
              .formatted(device.name(), what, error),
          cause);
    }
    return new BackendUnavailableException(
        ("CUDA: %s failed on %s: %s; what the device held is lost: run again, with"
                + " CUDA_LAUNCH_BLOCKING=1 to see which call it was, or with --backend cpu")
            .formatted(what, device.name(), error),
        cause);
  }

  // Memory

  /** Bytes of device memory that nothing uses. */
  long freeBytes() {
    makeCurrent();
    long[] free = new long[1];
    long[] total = new long[1];
    call("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, total));
    return free[0];
  }

  /**
   * Takes device memory, whose contents are anything.
   *
   * @param what needs it, for the message: "a 3 x 5 float64 matrix"
   * @throws InsufficientMemoryException if it is not there
   */
  long allocate(long bytes, String what) {
    makeCurrent();
    DevicePointer pointer = new DevicePointer();
    try {
      // No bytes at all are an error to CUDA.
      JCudaDriver.cuMemAlloc(pointer, Math.max(bytes, 1));
    } catch (CudaException e) {
      if (!OUT_OF_MEMORY.contains(e.getMessage())) {
        throw failure("cuMemAlloc of " + bytes + " bytes", e);
      }
      throw new InsufficientMemoryException(
          "not enough memory on %s: %s needs %d bytes, %d bytes are free; %s"
              .formatted(device.name(), what, bytes, freeBytes(), ADVICE),
          e);
    }
    allocations++;
    live.add(pointer.address());
    return pointer.address();
  }

  /**
   * Gives memory back when the work that uses it is done; where the context is closed, it already
   * was.
   */
  void free(long address) {
    if (live.remove(address)) {
      release("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
      release("cuMemFree", () -> JCudaDriver.cuMemFree(new DevicePointer(address)));
    }
  }

  /** How often memory was taken so far. */
  long allocations() {
    return allocations;
  }

  /** How many pieces of memory were taken and not given back. */
  long liveAllocations() {
    return live.size();
  }

  void clear(long address, long bytes) {
    makeCurrent();
    call(
        "cuMemsetD8Async",
        () -> JCudaDriver.cuMemsetD8Async(new DevicePointer(address), (byte) 0, bytes, stream));
  }

  void copy(long from, long to, long bytes) {
    makeCurrent();
    call(
        "cuMemcpyDtoDAsync",
        () ->
            JCudaDriver.cuMemcpyDtoDAsync(
                new DevicePointer(to), new DevicePointer(from), bytes, stream));
  }

  /** Copies main memory to the device; it may be changed when this returns. */
  void write(MemorySegment from, long to) {
    makeCurrent();
    staging.write(from, to);
  }

  /** Copies from the device, waiting for all work before. */
  void read(long from, MemorySegment to) {
    if (to.byteSize() <= SMALL) {
      MemorySegment.copy(read(from, (int) to.byteSize()), 0, to, 0, to.byteSize());
      return;
    }
    makeCurrent();
    staging.read(from, to);
  }

  /**
   * A few numbers from the device, waiting for all work before.
   *
   * @return memory that the next call overwrites
   */
  MemorySegment read(long from, int bytes) {
    makeCurrent();
    call(
        "cuMemcpyDtoHAsync",
        () -> JCudaDriver.cuMemcpyDtoHAsync(small, new DevicePointer(from), bytes, stream));
    finish();
    return smallSegment;
  }

  /** Waits for all work. */
  void finish() {
    makeCurrent();
    call("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(stream));
  }

  // Kernels

  /**
   * Loads machine code or PTX; unloaded with the context.
   *
   * @throws BackendUnavailableException if the driver does not take it
   */
  CUmodule load(String name, byte[] image) {
    makeCurrent();
    CUmodule module = new CUmodule();
    try {
      JCudaDriver.cuModuleLoadData(module, image);
    } catch (CudaException e) {
      if (OUT_OF_MEMORY.contains(e.getMessage())) {
        throw failure("cuModuleLoadData of " + name, e);
      }
      throw new BackendUnavailableException(
          "the driver of %s cannot load %s: %s".formatted(device.name(), name, e.getMessage()), e);
    }
    onClose("cuModuleUnload", () -> JCudaDriver.cuModuleUnload(module));
    return module;
  }

  CUfunction function(CUmodule module, String name) {
    CUfunction function = new CUfunction();
    call(
        "cuModuleGetFunction of " + name,
        () -> JCudaDriver.cuModuleGetFunction(function, module, name));
    return function;
  }

  /**
   * Starts a kernel.
   *
   * @param values its arguments: Long and Integer for addresses and integers of any width, Double
   *     for double
   */
  void launch(String name, CUfunction function, long gridX, long gridY, Object... values) {
    makeCurrent();
    for (int i = 0; i < values.length; i++) {
      // Little-endian: the first bytes of a long are the int that a kernel reads there.
      long bits =
          switch (values[i]) {
            case Long value -> value;
            case Integer value -> value;
            case Double value -> Double.doubleToRawLongBits(value);
            default -> throw new IllegalArgumentException(name + ": " + values[i]);
          };
      arguments.setAtIndex(ValueLayout.JAVA_LONG, i, bits);
    }
    int x = Math.toIntExact(gridX);
    int y = Math.toIntExact(gridY);
    try {
      JCudaDriver.cuLaunchKernel(
          function, x, y, 1, THREADS, 1, 1, 0, stream, argumentAddresses, null);
    } catch (CudaException e) {
      throw failure(
          "cuLaunchKernel of %s with %d x %d blocks of %d threads".formatted(name, x, y, THREADS),
          e);
    }
  }

  // cuBLAS and cuSOLVER, column-major

  /** c (rows x columns, as stored side by side) = a b + keep c: a: rows x k, b: k x columns. */
  void multiply(int rows, int columns, int k, long a, long b, boolean keep, long c) {
    makeCurrent();
    int plain = cublasOperation.CUBLAS_OP_N;
    call(
        "cublasDgemm of %d x %d x %d".formatted(rows, columns, k),
        () ->
            JCublas2.cublasDgemm(
                blas,
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
    makeCurrent();
    call(
        "cublasDsyrk of %d x %d".formatted(d, k),
        () ->
            JCublas2.cublasDsyrk(
                blas,
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

  /** b (d x count) = a⁻¹ b: a: d x d, of which the upper triangle counts. */
  void solveUpper(int d, int count, long a, long b) {
    makeCurrent();
    call(
        "cublasDtrsm of %d x %d".formatted(d, count),
        () ->
            JCublas2.cublasDtrsm(
                blas,
                cublasSideMode.CUBLAS_SIDE_LEFT,
                cublasFillMode.CUBLAS_FILL_MODE_UPPER,
                cublasOperation.CUBLAS_OP_N,
                cublasDiagType.CUBLAS_DIAG_NON_UNIT,
                d,
                count,
                one,
                new DevicePointer(a),
                d,
                new DevicePointer(b),
                d));
  }

  /** cuSOLVER, with this context made current. */
  Cusolver solver() {
    makeCurrent();
    return solver;
  }

  /**
   * Takes pinned memory, which is given back by {@link #close}.
   *
   * @throws InsufficientMemoryException if it is not there
   */
  MemorySegment pinned(HostPointer pointer, long bytes) {
    try {
      JCudaDriver.cuMemAllocHost(pointer, bytes);
    } catch (CudaException e) {
      if (!OUT_OF_MEMORY.contains(e.getMessage())) {
        throw failure("cuMemAllocHost of " + bytes + " bytes", e);
      }
      throw new InsufficientMemoryException(
          ("not enough main memory: %d bytes of it, pinned for copies to and from %s, cannot be"
                  + " had; end other programs, or use --backend cpu")
              .formatted(bytes, device.name()),
          e);
    }
    onClose("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(pointer));
    return pointer.segment(bytes);
  }

  /** Makes a call when this is closed, before those that were said earlier. */
  void onClose(String what, Call call) {
    atClose.push(() -> release(what, call));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    // What was called last comes first: nothing is given back that work still uses.
    for (long address : live) {
      onClose("cuMemFree", () -> JCudaDriver.cuMemFree(new DevicePointer(address)));
    }
    live.clear();
    onClose("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(stream));
    onClose("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
    RuntimeException first = null;
    for (Runnable step : atClose) {
      try {
        step.run();
      } catch (RuntimeException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
