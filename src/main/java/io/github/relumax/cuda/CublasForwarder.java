package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.relumax.backend.BackendUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets JCublas2, which is linked against libcublas.so.12, use libcublas.so.13. A small library of
 * our own (native/) has the older one's name and symbols and passes every call on. The loader takes
 * it for the one that JCublas2 needs, because a library of that name is already there.
 */
final class CublasForwarder {
  private static final String RESOURCE =
      "/io/github/relumax/native/linux-x86_64/libcublas-forwarder.so";

  private static Path opened;

  private CublasForwarder() {}

  /** Whether this build has the forwarder: one that was made without a C compiler does not. */
  static boolean isPackaged() {
    return CublasForwarder.class.getResource(RESOURCE) != null;
  }

  /**
   * Makes JCublas2 use this libcublas.so.13. To be called before the first use of JCublas2, and
   * only where there is no libcublas.so.12; further calls for the same file change nothing.
   *
   * @param cublas the file; or its name alone, which the system's loader then looks for
   * @return what was done, in one line
   * @throws BackendUnavailableException if either library cannot be loaded
   */
  static synchronized String open(Path cublas) {
    if (opened == null) {
      open(load(), cublas);
      opened = cublas;
    } else if (!opened.equals(cublas)) {
      throw new IllegalStateException(cublas + ": this process already uses " + opened);
    }
    return "calls of cuBLAS 12 are passed on to " + cublas;
  }

  private static NativeLibrary load() {
    if (!isPackaged()) {
      throw new BackendUnavailableException(
          "there is cuBLAS 13 and no cuBLAS 12, and this build cannot pass calls from one to the"
              + " other: install libcublas.so.12, or build Relumax with gcc and make on the PATH");
    }
    Path file = null;
    try {
      // Readable by this user alone, and of a name that nothing else has.
      file = Files.createTempFile("relumax-", ".so");
      extract(file);
      return NativeLibrary.open(file.toAbsolutePath().toString());
    } catch (IOException e) {
      throw new BackendUnavailableException(
          "cannot write a library to "
              + System.getProperty("java.io.tmpdir")
              + ", set -Djava.io.tmpdir to a folder with room: "
              + e.getMessage(),
          e);
    } catch (UnsatisfiedLinkError e) {
      throw new BackendUnavailableException(
          "cannot load a library from a temporary folder, set -Djava.io.tmpdir to one that may hold"
              + " programs: "
              + e.getMessage(),
          e);
    } finally {
      delete(file);
    }
  }

  private static void extract(Path file) throws IOException {
    try (InputStream in = CublasForwarder.class.getResourceAsStream(RESOURCE);
        OutputStream out = Files.newOutputStream(file)) {
      in.transferTo(out);
    }
  }

  /** What is loaded stays loaded without its name. */
  private static void delete(Path file) {
    if (file != null && !file.toFile().delete()) {
      file.toFile().deleteOnExit();
    }
  }

  private static void open(NativeLibrary forwarder, Path cublas) {
    MethodHandle open =
        forwarder.function("relumax_cublas_open", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    MethodHandle status =
        forwarder.function("relumax_cublas_status", FunctionDescriptor.of(ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      int missing = (int) open.invokeExact(arena.allocateFrom(cublas.toString()));
      if (missing < 0) {
        String reason = NativeLibrary.text((MemorySegment) status.invokeExact());
        throw new BackendUnavailableException("cannot load cuBLAS 13: " + reason);
      }
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }
}
