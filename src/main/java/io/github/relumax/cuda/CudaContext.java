package io.github.relumax.cuda;

import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.matrix.InsufficientMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

/**
 * One device in use: its primary context, the stream that everything runs on in order, and memory.
 * cuBLAS and cuSOLVER are opened on it, and copies to and from main memory go through {@link
 * Staging}; all make their calls by {@link CudaCalls}.
 *
 * <p>Addresses are device addresses, numbers. Launches and copies between device addresses return
 * at once; {@link #read} waits.
 */
final class CudaContext implements AutoCloseable {
  /** Threads of a block, for every kernel. */
  private static final int THREADS = 256;

  /** Bytes that {@link #read} can bring over without waiting for the staging memory. */
  private static final int SMALL = 64 << 10;

  private final CudaDevice device;
  private final CudaCalls calls;
  private final CUdevice handle;
  private final CUcontext context = new CUcontext();
  private final Stream stream = new Stream();
  private final Cublas blas;
  private final Cusolver solver;
  private final Arena arena = Arena.ofShared();
  private final KernelArguments arguments;
  private final HostPointer small;
  private final MemorySegment smallSegment;
  private final Staging staging;

  /** Device memory that was taken and not given back. */
  private final Set<Long> live = new HashSet<>();

  private long allocations;
  private boolean closed;

  /** A stream whose address can be asked for. */
  private static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  /**
   * Opens a device.
   *
   * @throws BackendUnavailableException if it cannot be used
   */
  CudaContext(CudaLibraries libraries, CudaDevice device) {
    this.device = device;
    calls = new CudaCalls(device);
    handle = CudaDevice.handle(device.ordinal());
    calls.call(
        "cuDevicePrimaryCtxRetain", () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, handle));
    // The last release ends the context, with all that it holds.
    calls.onClose("cuDevicePrimaryCtxRelease", () -> JCudaDriver.cuDevicePrimaryCtxRelease(handle));
    calls.onClose("freeing memory", arena::close);
    try {
      makeCurrent();
      calls.call(
          "cuStreamCreate",
          () -> JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
      calls.onClose("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(stream));
      blas = new Cublas(calls, stream, arena);
      solver = new Cusolver(calls, libraries.cusolver(), stream.address());
      calls.onClose("cusolverDnDestroy", solver::close);
      small = HostPointer.pinned(calls, SMALL);
      smallSegment = small.segment(SMALL);
      arguments = new KernelArguments(arena);
      staging = new Staging(calls, stream);
      calls.markOpen();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  CudaDevice device() {
    return device;
  }

  /** A context belongs to a thread; solves may change threads. */
  private void makeCurrent() {
    calls.call("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
  }

  /** cuBLAS, with this context made current. */
  Cublas blas() {
    makeCurrent();
    return blas;
  }

  /** cuSOLVER, with this context made current. */
  Cusolver solver() {
    makeCurrent();
    return solver;
  }

  // Memory

  /** Bytes of device memory that nothing uses. */
  long freeBytes() {
    makeCurrent();
    long[] free = new long[1];
    long[] total = new long[1];
    calls.call("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, total));
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
      if (!CudaCalls.isOutOfMemory(e)) {
        throw calls.failure("cuMemAlloc of " + bytes + " bytes", e);
      }
      throw new InsufficientMemoryException(
          "not enough memory on %s: %s needs %d bytes, %d bytes are free; %s"
              .formatted(device.name(), what, bytes, freeBytes(), CudaCalls.LESS_MEMORY),
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
      calls.release("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
      calls.release("cuMemFree", () -> JCudaDriver.cuMemFree(new DevicePointer(address)));
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
    calls.call(
        "cuMemsetD8Async",
        () -> JCudaDriver.cuMemsetD8Async(new DevicePointer(address), (byte) 0, bytes, stream));
  }

  void copy(long from, long to, long bytes) {
    makeCurrent();
    calls.call(
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
    calls.call(
        "cuMemcpyDtoHAsync",
        () -> JCudaDriver.cuMemcpyDtoHAsync(small, new DevicePointer(from), bytes, stream));
    finish();
    return smallSegment;
  }

  /** Waits for all work. */
  void finish() {
    makeCurrent();
    calls.call("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(stream));
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
      if (CudaCalls.isOutOfMemory(e)) {
        throw calls.failure("cuModuleLoadData of " + name, e);
      }
      throw new BackendUnavailableException(
          "the driver of %s cannot load %s: %s".formatted(device.name(), name, e.getMessage()), e);
    }
    calls.onClose("cuModuleUnload", () -> JCudaDriver.cuModuleUnload(module));
    return module;
  }

  CUfunction function(CUmodule module, String name) {
    CUfunction function = new CUfunction();
    calls.call(
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
    HostPointer addresses = arguments.of(name, values);
    int x = Math.toIntExact(gridX);
    int y = Math.toIntExact(gridY);
    try {
      JCudaDriver.cuLaunchKernel(function, x, y, 1, THREADS, 1, 1, 0, stream, addresses, null);
    } catch (CudaException e) {
      throw calls.failure(
          "cuLaunchKernel of %s with %d x %d blocks of %d threads".formatted(name, x, y, THREADS),
          e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    // What was called last comes first: nothing is given back that work still uses.
    for (long address : live) {
      calls.onClose("cuMemFree", () -> JCudaDriver.cuMemFree(new DevicePointer(address)));
    }
    live.clear();
    calls.onClose("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(stream));
    calls.onClose("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
    calls.close();
  }
}
