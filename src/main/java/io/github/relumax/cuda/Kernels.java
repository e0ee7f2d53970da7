package io.github.relumax.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.relumax.backend.BackendUnavailableException;
import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/**
 * The kernels of cuda-kernels/, which are in the jar as source, compiled for the device at hand and
 * loaded. cuda-kernels/README.md says what each takes and computes.
 */
final class Kernels {
  private static final String FOLDER = "kernels/";

  /** The files of kernels, without their ending. */
  static final List<String> FILES =
      List.of(
          "accumulate",
          "activeUnits",
          "addColumns",
          "applyCurvature",
          "columnSums",
          "combine",
          "compact",
          "countSketch",
          "curvatureSum",
          "curvatureTimes",
          "curvatureWeights",
          "diagonalMean",
          "dot",
          "flipCorrections",
          "flippedUnits",
          "gatherColumns",
          "gatherRows",
          "losses",
          "markSigns",
          "mask",
          "mirror",
          "multiply",
          "multiplyTransposed",
          "normals",
          "pivots",
          "rankTwo",
          "relu",
          "rowScores",
          "sampleRows",
          "sampleWeights",
          "scaledRows",
          "settle",
          "shiftDiagonal",
          "softmaxGradient",
          "softmaxMaximum",
          "softmaxResidual",
          "softmaxScale",
          "steps",
          "sums");

  /** What they include. */
  static final List<String> HEADERS =
      List.of("common.cuh", "lists.cuh", "philox.cuh", "rows.cuh", "sampling.cuh", "softmax.cuh");

  private static final Pattern KERNEL =
      Pattern.compile("^extern \"C\" __global__ void (\\w+)\\(", Pattern.MULTILINE);

  private final CudaContext context;
  private final Map<String, CUfunction> functions = new HashMap<>();

  /**
   * Compiles what the cache does not have, and loads everything.
   *
   * @throws BackendUnavailableException if a kernel cannot be had
   */
  Kernels(CudaContext context, Optional<Nvrtc> compiler, KernelCache cache) {
    this.context = context;
    Map<String, String> headers = new TreeMap<>();
    HEADERS.forEach(name -> headers.put(name, source(name)));
    Images images =
        compiler
            .map(nvrtc -> compiled(nvrtc, cache, headers, context.device().capability()))
            .orElse(Kernels::prebuilt);
    // Compilers may work side by side; a context is used by one thread.
    List<Attempt> attempts = FILES.parallelStream().map(file -> Attempt.of(images, file)).toList();
    for (int i = 0; i < attempts.size(); i++) {
      String file = FILES.get(i);
      CUmodule module = load(file, attempts.get(i).image(), compiler.isPresent());
      for (String name : kernels(source(file + ".cu"))) {
        functions.put(name, context.function(module, name));
      }
    }
  }

  /** What came of getting one file, so that a failure does not leave the others at work. */
  private record Attempt(byte[] result, RuntimeException failure) {
    static Attempt of(Images images, String file) {
      try {
        return new Attempt(images.of(file), null);
      } catch (RuntimeException e) {
        return new Attempt(null, e);
      }
    }

    byte[] image() {
      if (failure != null) {
        throw failure;
      }
      return result;
    }
  }

  private CUmodule load(String file, byte[] image, boolean compiledHere) {
    try {
      return context.load(file + ".cu", image);
    } catch (BackendUnavailableException e) {
      throw new BackendUnavailableException(
          e.getMessage()
              + (compiledHere
                  ? ", which NVRTC compiled for it; update the driver"
                  : ", which this build brings; install NVRTC, which compiles it here (it comes"
                      + " with the CUDA toolkit), or update the driver"),
          e);
    }
  }

  /** Where machine code or PTX of a file comes from. */
  private interface Images {
    byte[] of(String file);
  }

  private static Images compiled(
      Nvrtc compiler, KernelCache cache, Map<String, String> headers, int capability) {
    String target = compiler.target(capability);
    return file -> {
      String source = source(file + ".cu");
      List<String> all = new ArrayList<>(headers.values());
      all.add(source);
      all.add(compiler.version());
      all.addAll(Arrays.asList(Nvrtc.options(target)));
      String key = KernelCache.key(file, all);
      return cache
          .load(key)
          .orElseGet(() -> {
            byte[] image = terminated(compiler.compile(file + ".cu", source, headers, target));
            cache.store(key, image);
            return image;
          });
    };
  }

  /** PTX is text, which the driver reads up to a zero. */
  private static byte[] terminated(byte[] image) {
    return Arrays.copyOf(image, image.length + 1);
  }

  /** The PTX that the build made where it had nvcc. */
  private static byte[] prebuilt(String file) {
    return read(file + ".ptx")
        .map(Kernels::terminated)
        .orElseThrow(() ->
            new BackendUnavailableException(
                "NVRTC, which compiles the kernels, was not found, and this build has no compiled"
                    + " ones: install it (it comes with the CUDA toolkit); see relumax info"));
  }

  /** Whether the build made PTX, so that NVRTC can be done without. */
  static boolean prebuilt() {
    return Kernels.class.getResource(FOLDER + FILES.getFirst() + ".ptx") != null;
  }

  private static String source(String file) {
    return read(file)
        .map(bytes -> new String(bytes, UTF_8))
        .orElseThrow(() -> new IllegalStateException("there is no " + FOLDER + file));
  }

  private static Optional<byte[]> read(String file) {
    try (InputStream in = Kernels.class.getResourceAsStream(FOLDER + file)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> kernels(String source) {
    return KERNEL.matcher(source).results().map(match -> match.group(1)).toList();
  }

  /** Starts a kernel on gridX x gridY blocks; see {@link CudaContext#launch}. */
  void launch(String name, long gridX, long gridY, Object... arguments) {
    CUfunction function = functions.get(name);
    if (function == null) {
      throw new IllegalArgumentException("there is no kernel " + name);
    }
    context.launch(name, function, gridX, gridY, arguments);
  }

  /** Starts a kernel on a row of blocks. */
  void launchRow(String name, long grid, Object... arguments) {
    launch(name, grid, 1, arguments);
  }

  /** Starts a kernel along a vector of n entries. */
  void along(String name, long n, Object... arguments) {
    launchRow(name, Grids.along(n), arguments);
  }

  /** Starts a kernel over a d x d matrix. */
  void square(String name, long d, Object... arguments) {
    launch(name, Grids.columns(d), Math.min(d, Grids.MOST_ROWS), arguments);
  }

  /** The form of a kernel for the storage of a matrix. */
  static String typed(String name, Buffer matrix) {
    return name + (matrix.type() == ElementType.FLOAT64 ? "_f64" : "_f32");
  }
}
