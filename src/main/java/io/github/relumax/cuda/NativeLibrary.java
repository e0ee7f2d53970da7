package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A shared library that the system's loader opened; it stays open until the process ends. Other
 * libraries that ask for its name (its soname) are given this one.
 */
@SuppressWarnings("restricted") // It is what the class is for.
final class NativeLibrary {
  private static final int RTLD_LAZY = 1;
  private static final int RTLD_DI_LINKMAP = 2;

  /** Offset of l_name in struct link_map. */
  private static final long NAME = 8;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle DLOPEN =
      system("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle DLSYM =
      system("dlsym", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle DLERROR = system("dlerror", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle DLINFO =
      system("dlinfo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));

  private final String name;
  private final MemorySegment handle;

  private NativeLibrary(String name, MemorySegment handle) {
    this.name = name;
    this.handle = handle;
  }

  /**
   * Opens a library.
   *
   * @param name a path, or a bare name for the loader to find
   * @throws UnsatisfiedLinkError with the loader's own words if it cannot
   */
  static NativeLibrary open(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment) DLOPEN.invokeExact(arena.allocateFrom(name), RTLD_LAZY);
      if (handle.address() == 0) {
        MemorySegment reason = (MemorySegment) DLERROR.invokeExact();
        throw new UnsatisfiedLinkError(
            reason.address() == 0 ? name + ": cannot be loaded" : text(reason));
      }
      return new NativeLibrary(name, handle);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** The file that the loader took. */
  String path() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment map = arena.allocate(ADDRESS);
      if ((int) DLINFO.invokeExact(handle, RTLD_DI_LINKMAP, map) != 0) {
        return name;
      }
      return text(map.get(ADDRESS, 0).reinterpret(NAME + ADDRESS.byteSize()).get(ADDRESS, NAME));
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /**
   * A function of this library.
   *
   * @throws UnsatisfiedLinkError if it has none of that name
   */
  MethodHandle function(String symbol, FunctionDescriptor type) {
    return find(symbol, type)
        .orElseThrow(() -> new UnsatisfiedLinkError(path() + " has no function " + symbol));
  }

  /** A function of this library, or nothing where it has none of that name. */
  Optional<MethodHandle> find(String symbol, FunctionDescriptor type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment at = (MemorySegment) DLSYM.invokeExact(handle, arena.allocateFrom(symbol));
      return at.address() == 0 ? Optional.empty() : Optional.of(LINKER.downcallHandle(at, type));
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** The zero-terminated text at an address that C gave. */
  static String text(MemorySegment address) {
    return address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** What a method handle threw: downcalls throw nothing checked. */
  static RuntimeException unchecked(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }

  private static MethodHandle system(String symbol, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(symbol), type);
  }
}
