package io.github.relumax.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/** An address of main memory, as JCuda takes it. */
final class HostPointer extends Pointer {
  /** To be filled in by JCuda. */
  HostPointer() {}

  HostPointer(MemorySegment segment) {
    super(segment.address());
  }

  /** The memory there. */
  @SuppressWarnings("restricted") // Of the size that was asked for.
  MemorySegment segment(long bytes) {
    return MemorySegment.ofAddress(getNativePointer()).reinterpret(bytes);
  }
}
