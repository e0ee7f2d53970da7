package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.relumax.backend.BackendUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NVIDIA's libraries, found and loaded once a process: the driver's (libcuda), cuBLAS, cuSPARSE,
 * cuSOLVER and NVRTC of CUDA 12 or 13. JCuda's own libraries then bind to what is loaded.
 */
final class CudaLibraries {
  private static final Logger LOG = LoggerFactory.getLogger(CudaLibraries.class);

  /** What drivers report as their version: 1000 major + 10 minor. */
  private static final int CUDA_12 = 12_000;

  /** The same name in CUDA 12 and 13. Nothing here calls it, but cuSOLVER and JCusparse need it. */
  private static final String CUSPARSE = "libcusparse.so.12";

  private static final List<Toolkit> TOOLKITS =
      List.of(
          new Toolkit(
              12,
              "libcublas.so.12",
              "libcusolver.so.11",
              "libnvrtc.so.12",
              List.of("libcublasLt.so.12", "libnvJitLink.so.12")),
          new Toolkit(
              13,
              "libcublas.so.13",
              "libcusolver.so.12",
              "libnvrtc.so.13",
              List.of("libcublasLt.so.13", "libnvJitLink.so.13")));

  private final List<String> report = new ArrayList<>();
  private NativeLibrary cusolver;
  private NativeLibrary nvrtc;
  private Optional<String> missing = Optional.empty();

  /**
   * The names of the libraries of one version of CUDA.
   *
   * @param needed what these ask for by name, which may lie where the loader does not look
   */
  private record Toolkit(
      int major, String cublas, String cusolver, String nvrtc, List<String> needed) {}

  private static final class Loaded {
    static final CudaLibraries INSTANCE = new CudaLibraries();
  }

  /** The libraries, which are searched for by the first call. */
  static CudaLibraries get() {
    return Loaded.INSTANCE;
  }

  /** Why CUDA cannot be used, in one line that says what to change; empty when it can. */
  Optional<String> missing() {
    return missing;
  }

  /** A line for each library: its version and path, or where it was looked for. */
  List<String> report() {
    return List.copyOf(report);
  }

  /** cuSOLVER; only where nothing is {@link #missing}. */
  NativeLibrary cusolver() {
    return cusolver;
  }

  /** NVRTC, if it was found: kernels can then be compiled here. */
  Optional<NativeLibrary> nvrtc() {
    return Optional.ofNullable(nvrtc);
  }

  private CudaLibraries() {
    try {
      load();
    } catch (UnsatisfiedLinkError | UncheckedIOException | BackendUnavailableException e) {
      missing = Optional.of(e.getMessage().lines().findFirst().orElse(""));
    } catch (ExceptionInInitializerError e) {
      if (!(e.getCause() instanceof IllegalCallerException)) {
        throw e;
      }
      missing =
          Optional.of(
              "it may not call native code; start java with --enable-native-access=ALL-UNNAMED");
    }
  }

  private void load() {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!system.equals("Linux amd64")) {
      missing = Optional.of("CUDA is used on Linux x86-64 only, this is " + system);
      return;
    }
    missing = LibrarySearch.fault();
    if (missing.isPresent()) {
      return;
    }
    LibrarySearch.Result driver = LibrarySearch.forDriver().find("libcuda.so.1");
    if (driver.found().isEmpty()) {
      report.add("driver: " + driver.report());
      missing =
          Optional.of(
              driver.faults().isEmpty()
                  ? "there is no NVIDIA driver: libcuda.so.1 was not found; see relumax info"
                  : "the NVIDIA driver cannot be loaded: " + driver.faults().getFirst());
      return;
    }
    int supported = driverVersion(driver.found().get());
    report.add("driver: CUDA %s, %s".formatted(dotted(supported), driver.report()));
    if (supported < CUDA_12) {
      missing =
          Optional.of(
              "the NVIDIA driver supports CUDA %s, 12.0 or newer is needed: update it"
                  .formatted(dotted(supported)));
      return;
    }
    loadToolkit(supported / 1000);
  }

  private void loadToolkit(int driverMajor) {
    LibrarySearch search = LibrarySearch.forToolkit();
    List<Toolkit> toolkits = TOOLKITS.stream().filter(t -> t.major <= driverMajor).toList();
    String versions = toolkits.size() == 2 ? "12 or 13" : "12, the newest of this driver,";
    toolkits.forEach(toolkit -> toolkit.needed.forEach(search::find));
    LibrarySearch.Result cublas = search.find(names(toolkits, Toolkit::cublas));
    boolean newer = cublas.found().map(CudaLibraries::majorOfCublas).orElse(0) >= 13;
    add("cuBLAS", versions, cublas, library -> properties(library, "cublasGetProperty"));
    if (newer) {
      report.add("        " + CublasForwarder.open(Path.of(cublas.report())));
      toolkits = toolkits.reversed();
    }

    LibrarySearch.Result cusparse = search.find(CUSPARSE);
    add("cuSPARSE", versions, cusparse, library -> properties(library, "cusparseGetProperty"));

    // The forwarder has what JCublas2 calls, not what a cuSOLVER for cuBLAS 12 may call.
    List<Toolkit> solvers = newer ? toolkits.subList(0, 1) : toolkits;
    LibrarySearch.Result solver = search.find(names(solvers, Toolkit::cusolver));
    add(
        "cuSOLVER",
        newer ? "13" : versions,
        solver,
        library -> properties(library, "cusolverGetProperty"));
    cusolver = solver.found().orElse(null);

    LibrarySearch.Result compiler = search.find(names(toolkits, Toolkit::nvrtc));
    compiler.found().ifPresent(CudaLibraries::loadBuiltins);
    describe("NVRTC", compiler, CudaLibraries::nvrtcVersion);
    nvrtc = compiler.found().orElse(null);

    if (missing.isEmpty()) {
      JCudaNatives.load();
    }
  }

  /** Reports a library that there is no doing without, in one of these versions of CUDA. */
  private void add(
      String name,
      String versions,
      LibrarySearch.Result result,
      Function<NativeLibrary, String> version) {
    describe(name, result, version);
    if (result.found().isEmpty() && missing.isEmpty()) {
      String wanted = "%s of CUDA %s".formatted(name, versions);
      String advice =
          "; install the CUDA toolkit or name its folder in %s; see relumax info"
              .formatted(LibrarySearch.PATH_VARIABLE);
      missing =
          Optional.of(
              result.faults().isEmpty()
                  ? wanted + " was not found" + advice
                  : wanted + " cannot be loaded: " + result.faults().getFirst() + advice);
    }
  }

  private void describe(
      String name, LibrarySearch.Result result, Function<NativeLibrary, String> version) {
    report.add(
        "%s: %s%s"
            .formatted(
                name,
                result.found().map(version).map(text -> text + ", ").orElse(""),
                result.report()));
  }

  private static String[] names(List<Toolkit> toolkits, Function<Toolkit, String> library) {
    return toolkits.stream().map(library).toArray(String[]::new);
  }

  // Versions

  private static int majorOfCublas(NativeLibrary cublas) {
    return property(cublas, "cublasGetProperty", 0);
  }

  private static String properties(NativeLibrary library, String function) {
    return "%s.%s.%s"
        .formatted(
            property(library, function, 0),
            property(library, function, 1),
            property(library, function, 2));
  }

  /** int function(libraryPropertyType type, int *value): 0 major, 1 minor, 2 patch level. */
  private static int property(NativeLibrary library, String function, int type) {
    MethodHandle get =
        library.function(function, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      int status = (int) get.invokeExact(type, value);
      return status == 0 ? value.get(JAVA_INT, 0) : 0;
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  private static int driverVersion(NativeLibrary driver) {
    MethodHandle get =
        driver.function("cuDriverGetVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      int status = (int) get.invokeExact(value);
      return status == 0 ? value.get(JAVA_INT, 0) : 0;
    } catch (Throwable e) {
      throw NativeLibrary.unchecked(e);
    }
  }

  private static String nvrtcVersion(NativeLibrary library) {
    return new Nvrtc(library).version();
  }

  /** 12060 is 12.6. */
  private static String dotted(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** NVRTC looks for its builtins on the loader's path only, wherever it lies itself. */
  private static void loadBuiltins(NativeLibrary nvrtc) {
    Path folder = Path.of(nvrtc.path()).getParent();
    if (folder == null) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "libnvrtc-builtins.so.*")) {
      for (Path file : files) {
        NativeLibrary.open(file.toString());
      }
    } catch (IOException | UnsatisfiedLinkError e) {
      // NVRTC itself says what it lacks when it is used.
      LOG.debug("libnvrtc-builtins of {}", folder, e);
    }
  }
}
