package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.relumax.backend.BackendUnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Map;

/** NVIDIA's runtime compiler: CUDA C++ in, machine code or PTX out. It needs no GPU. */
final class Nvrtc {
  private static final FunctionDescriptor TWO_POINTERS =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);

  /** libnvrtc-builtins is not there. */
  private static final int BUILTIN_OPERATION_FAILURE = 7;

  private final MethodHandle createProgram;
  private final MethodHandle compileProgram;
  private final MethodHandle destroyProgram;
  private final MethodHandle logSize;
  private final MethodHandle log;
  private final MethodHandle cubinSize;
  private final MethodHandle cubin;
  private final MethodHandle ptxSize;
  private final MethodHandle ptx;
  private final MethodHandle errorString;
  private final MethodHandle archCount;
  private final MethodHandle archs;
  private final String version;

  Nvrtc(NativeLibrary library) {
    FunctionDescriptor onePointer = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    createProgram =
        library.function(
            "nvrtcCreateProgram",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS));
    compileProgram =
        library.function(
            "nvrtcCompileProgram", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
    destroyProgram = library.function("nvrtcDestroyProgram", onePointer);
    logSize = library.function("nvrtcGetProgramLogSize", TWO_POINTERS);
    log = library.function("nvrtcGetProgramLog", TWO_POINTERS);
    cubinSize = library.function("nvrtcGetCUBINSize", TWO_POINTERS);
    cubin = library.function("nvrtcGetCUBIN", TWO_POINTERS);
    ptxSize = library.function("nvrtcGetPTXSize", TWO_POINTERS);
    ptx = library.function("nvrtcGetPTX", TWO_POINTERS);
    errorString = library.function("nvrtcGetErrorString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    archCount = library.function("nvrtcGetNumSupportedArchs", onePointer);
    archs = library.function("nvrtcGetSupportedArchs", onePointer);
    version = version(library.function("nvrtcVersion", TWO_POINTERS));
  }

  /** "12.6". */
  String version() {
    return version;
  }

  /**
   * What to compile for: the device itself, or, where this compiler is older than the device, PTX
   * for the newest architecture that both know, which the driver then translates.
   *
   * @param capability compute capability times 10: 90 for 9.0
   */
  String target(int capability) {
    int best =
        Arrays.stream(supported()).filter(arch -> arch <= capability).max().orElse(capability);
    return (best == capability ? "sm_" : "compute_") + best;
  }

  private int[] supported() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_INT);
      check("nvrtcGetNumSupportedArchs", (int) archCount.invokeExact(count));
      MemorySegment list = arena.allocate(JAVA_INT, count.get(JAVA_INT, 0));
      check("nvrtcGetSupportedArchs", (int) archs.invokeExact(list));
      return list.toArray(JAVA_INT);
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  /**
   * Compiles a program.
   *
   * @param name what messages call it
   * @param headers text by the name that #include has
   * @param target from {@link #target}
   * @return a cubin for sm_, PTX for compute_
   * @throws BackendUnavailableException with the compiler's first error if it does not compile
   */
  byte[] compile(String name, String source, Map<String, String> headers, String target) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment texts = arena.allocate(ADDRESS, Math.max(1, headers.size()));
      MemorySegment names = arena.allocate(ADDRESS, Math.max(1, headers.size()));
      int i = 0;
      for (Map.Entry<String, String> header : headers.entrySet()) {
        texts.setAtIndex(ADDRESS, i, arena.allocateFrom(header.getValue()));
        names.setAtIndex(ADDRESS, i, arena.allocateFrom(header.getKey()));
        i++;
      }
      MemorySegment handle = arena.allocate(ADDRESS);
      check(
          "nvrtcCreateProgram",
          (int)
              createProgram.invokeExact(
                  handle,
                  arena.allocateFrom(source),
                  arena.allocateFrom(name),
                  headers.size(),
                  texts,
                  names));
      try {
        return compile(arena, name, handle.get(ADDRESS, 0), target);
      } finally {
        check("nvrtcDestroyProgram", (int) destroyProgram.invokeExact(handle));
      }
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  private byte[] compile(Arena arena, String name, MemorySegment program, String target)
      throws Throwable {
    String[] options = options(target);
    MemorySegment list = arena.allocate(ADDRESS, options.length);
    for (int i = 0; i < options.length; i++) {
      list.setAtIndex(ADDRESS, i, arena.allocateFrom(options[i]));
    }
    int result = (int) compileProgram.invokeExact(program, options.length, list);
    if (result == BUILTIN_OPERATION_FAILURE) {
      throw new BackendUnavailableException(
          ("NVRTC %s needs libnvrtc-builtins beside it, which is not there; install all of it, or"
                  + " name the folder of another one in %s")
              .formatted(version, LibrarySearch.PATH_VARIABLE));
    }
    if (result != 0) {
      throw new BackendUnavailableException(
          "NVRTC %s cannot compile %s for %s: %s; name the folder of another NVRTC in %s"
              .formatted(
                  version,
                  name,
                  target,
                  firstError(arena, program, result),
                  LibrarySearch.PATH_VARIABLE));
    }
    boolean machineCode = target.startsWith("sm_");
    return machineCode
        ? result(arena, program, "nvrtcGetCUBIN", cubinSize, cubin)
        : result(arena, program, "nvrtcGetPTX", ptxSize, ptx);
  }

  /** What the compiler is told, as cuda-kernels/README.md asks. */
  static String[] options(String target) {
    return new String[] {"--gpu-architecture=" + target, "--std=c++17", "--fmad=false"};
  }

  private byte[] result(
      Arena arena, MemorySegment program, String what, MethodHandle size, MethodHandle get)
      throws Throwable {
    MemorySegment bytes = arena.allocate(JAVA_LONG);
    check(what + "Size", (int) size.invokeExact(program, bytes));
    MemorySegment out = arena.allocate(bytes.get(JAVA_LONG, 0));
    check(what, (int) get.invokeExact(program, out));
    return out.toArray(JAVA_BYTE);
  }

  private String firstError(Arena arena, MemorySegment program, int result) throws Throwable {
    String text = new String(result(arena, program, "nvrtcGetProgramLog", logSize, log), UTF_8);
    return text.lines().filter(line -> line.contains("error")).findFirst().orElse(message(result));
  }

  private String message(int result) {
    try {
      return NativeLibrary.text((MemorySegment) errorString.invokeExact(result));
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  private void check(String call, int result) {
    if (result != 0) {
      throw new BackendUnavailableException(
          "NVRTC %s: %s failed: %s".formatted(version, call, message(result)));
    }
  }

  private static String version(MethodHandle get) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      int result = (int) get.invokeExact(major, minor);
      return result == 0 ? major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0) : "of no version";
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }
}
