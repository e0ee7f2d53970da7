package io.github.relumax.cuda;

import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.matrix.InsufficientMemoryException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import jcuda.CudaException;

/**
 * Calls of CUDA's libraries for one device: what one that fails is to its caller, one line that
 * names the call and what to do; and the calls that give back, at the end, what earlier ones took.
 */
final class CudaCalls implements AutoCloseable {
  /** How to need less device memory. */
  static final String LESS_MEMORY =
      "store A1 and A2 as float32 (--dtype f32), stream C (--path streamed), or use --backend cpu";

  private static final Set<String> OUT_OF_MEMORY =
      Set.of(
          "CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED", "CUSOLVER_STATUS_ALLOC_FAILED");

  private final CudaDevice device;

  /** What gives back, the last first. */
  private final Deque<Runnable> atClose = new ArrayDeque<>();

  private boolean opened;

  /** Whether a call failed in a way that makes all later ones fail. */
  private boolean lost;

  CudaCalls(CudaDevice device) {
    this.device = device;
  }

  /** A call of a CUDA library. */
  interface Call {
    void run();
  }

  CudaDevice device() {
    return device;
  }

  /** Says that the device is open: a call that fails from now on loses work. */
  void markOpen() {
    opened = true;
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
  void release(String what, Call call) {
    try {
      call.run();
    } catch (CudaException e) {
      if (!lost) {
        throw failure(what, e);
      }
    }
  }

  /** Whether it was memory that a call did not get. */
  static boolean isOutOfMemory(CudaException e) {
    return OUT_OF_MEMORY.contains(e.getMessage());
  }

  /** What a failed call is to its caller. */
  RuntimeException failure(String what, CudaException e) {
    return failure(what, e.getMessage(), e);
  }

  /**
   * The same for a call that JCuda does not make.
   *
   * @param error by its name in CUDA
   * @param cause null where there is none
   */
  RuntimeException failure(String what, String error, Throwable cause) {
    if (OUT_OF_MEMORY.contains(error)) {
      return new InsufficientMemoryException(
          "not enough memory on %s: %s failed; close other programs that use the device, or %s"
              .formatted(device.name(), what, LESS_MEMORY),
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

  /** Makes a call when this is closed, before those that were said earlier. */
  void onClose(String what, Call call) {
    atClose.push(() -> release(what, call));
  }

  /**
   * Gives back what was taken, as far as that goes.
   *
   * @throws RuntimeException the first failure, after all calls
   */
  @Override
  public void close() {
    RuntimeException first = null;
    for (Runnable step : atClose) {
      try {
        step.run();
      } catch (RuntimeException e) {
        first = first == null ? e : first;
      }
    }
    atClose.clear();
    if (first != null) {
      throw first;
    }
  }
}
