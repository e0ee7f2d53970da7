package io.github.relumax.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * Copies between main memory and the device through two pieces of pinned memory: while one is
 * copied to the device by a stream of its own, the other is filled, from a mapped file perhaps, so
 * that reading and copying overlap. Everything is given back when the context is closed.
 */
final class Staging {
  private static final long BYTES = 8L << 20;

  private final CudaCalls calls;
  private final CUstream work;
  private final CUstream transfers = new CUstream();
  private final HostPointer[] pinned = new HostPointer[2];
  private final MemorySegment[] segments = new MemorySegment[2];

  /** When the last copy from or to each piece has ended. */
  private final CUevent[] done = {new CUevent(), new CUevent()};

  /** When the work before a copy has ended. */
  private final CUevent before = new CUevent();

  /**
   * @param work the stream that copies stand in order with
   */
  Staging(CudaCalls calls, CUstream work) {
    this.calls = calls;
    this.work = work;
    calls.call(
        "cuStreamCreate",
        () -> JCudaDriver.cuStreamCreate(transfers, CUstream_flags.CU_STREAM_NON_BLOCKING));
    calls.onClose("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(transfers));
    create(before);
    for (int i = 0; i < 2; i++) {
      pinned[i] = HostPointer.pinned(calls, BYTES);
      segments[i] = pinned[i].segment(BYTES);
      create(done[i]);
    }
  }

  private void create(CUevent event) {
    calls.call(
        "cuEventCreate",
        () -> JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING));
    calls.onClose("cuEventDestroy", () -> JCudaDriver.cuEventDestroy(event));
  }

  /** Copies to the device; {@code from} is read completely when this returns. */
  void write(MemorySegment from, long to) {
    waitForWork();
    int piece = 0;
    for (long at = 0; at < from.byteSize(); at += BYTES) {
      long bytes = Math.min(BYTES, from.byteSize() - at);
      DevicePointer target = new DevicePointer(to + at);
      HostPointer source = pinned[piece];
      waitFor(piece);
      MemorySegment.copy(from, at, segments[piece], 0, bytes);
      calls.call(
          "cuMemcpyHtoDAsync",
          () -> JCudaDriver.cuMemcpyHtoDAsync(target, source, bytes, transfers));
      record(piece);
      piece = 1 - piece;
    }
    // Work that comes later must see what was copied.
    CUevent last = done[1 - piece];
    calls.call("cuStreamWaitEvent", () -> JCudaDriver.cuStreamWaitEvent(work, last, 0));
  }

  /** Copies from the device, one piece on its way while the one before it is taken out. */
  void read(long from, MemorySegment to) {
    waitForWork();
    int piece = 0;
    for (long at = 0; at < to.byteSize() + BYTES; at += BYTES) {
      if (at < to.byteSize()) {
        DevicePointer source = new DevicePointer(from + at);
        HostPointer target = pinned[piece];
        long bytes = Math.min(BYTES, to.byteSize() - at);
        calls.call(
            "cuMemcpyDtoHAsync",
            () -> JCudaDriver.cuMemcpyDtoHAsync(target, source, bytes, transfers));
        record(piece);
      }
      piece = 1 - piece;
      if (at > 0) {
        waitFor(piece);
        long last = at - BYTES;
        MemorySegment.copy(segments[piece], 0, to, last, Math.min(BYTES, to.byteSize() - last));
      }
    }
  }

  private void waitForWork() {
    calls.call("cuEventRecord", () -> JCudaDriver.cuEventRecord(before, work));
    calls.call("cuStreamWaitEvent", () -> JCudaDriver.cuStreamWaitEvent(transfers, before, 0));
  }

  private void record(int piece) {
    calls.call("cuEventRecord", () -> JCudaDriver.cuEventRecord(done[piece], transfers));
  }

  private void waitFor(int piece) {
    calls.call("cuEventSynchronize", () -> JCudaDriver.cuEventSynchronize(done[piece]));
  }
}
