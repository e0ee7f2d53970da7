package io.github.relumax.cuda;

import io.github.relumax.matrix.InsufficientMemoryException;
import java.lang.foreign.MemorySegment;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** An address of main memory, as JCuda takes it. */
final class HostPointer extends Pointer {
  /** To be filled in by JCuda. */
  private HostPointer() {}

  HostPointer(MemorySegment segment) {
    super(segment.address());
  }

  /**
   * Pinned memory, which the device's copies can reach; given back with what the calls took.
   *
   * @throws InsufficientMemoryException if it is not there
   */
  static HostPointer pinned(CudaCalls calls, long bytes) {
    HostPointer pointer = new HostPointer();
    try {
      JCudaDriver.cuMemAllocHost(pointer, bytes);
    } catch (CudaException e) {
      if (!CudaCalls.isOutOfMemory(e)) {
        throw calls.failure("cuMemAllocHost of " + bytes + " bytes", e);
      }
      throw new InsufficientMemoryException(
          ("not enough main memory: %d bytes of it, pinned for copies to and from %s, cannot be"
                  + " had; end other programs, or use --backend cpu")
              .formatted(bytes, calls.device().name()),
          e);
    }
    calls.onClose("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(pointer));
    return pointer;
  }

  /** The memory there. */
  @SuppressWarnings("restricted") // Of the size that was asked for.
  MemorySegment segment(long bytes) {
    return MemorySegment.ofAddress(getNativePointer()).reinterpret(bytes);
  }
}
