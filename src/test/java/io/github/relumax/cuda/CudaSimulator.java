package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The simulator's own functions: settings and counters, by the names of its README. */
final class CudaSimulator {
  private static final NativeLibrary LIBRARY = NativeLibrary.open("libcuda.so.1");
  private static final MethodHandle SET =
      LIBRARY.function("cudasim_set", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
  private static final MethodHandle COUNTER =
      LIBRARY.function("cudasim_counter", FunctionDescriptor.of(JAVA_LONG, ADDRESS));

  private CudaSimulator() {}

  /** Changes a setting until {@link #reset}. */
  static void set(String name, long value) {
    set(name, String.valueOf(value));
  }

  /** Takes a setting back. */
  static void reset(String name) {
    set(name, null);
  }

  /** Changes a setting; null takes it back. */
  static void set(String name, String value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = value == null ? MemorySegment.NULL : arena.allocateFrom(value);
      SET.invokeExact(arena.allocateFrom(name), text);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  /** How often something happened. */
  static long counter(String name) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) COUNTER.invokeExact(arena.allocateFrom(name));
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }
}
