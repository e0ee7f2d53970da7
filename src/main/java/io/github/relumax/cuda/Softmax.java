package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;
import static io.github.relumax.cuda.DeviceBuffer.optional;
import static io.github.relumax.cuda.DeviceSums.ROWS_TOGETHER;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.SoftmaxSums;
import java.lang.foreign.MemorySegment;

/**
 * Softmax over the long side by kernels that hand sums to each other on the device: the maximum and
 * Σ e^(z - max z), then f and what is summed over it, then gz. The host reads the sums alone.
 */
final class Softmax {
  /** Numbers of results: three a row that scale it, then two sums. */
  static final int RESULTS = 5 * ROWS_TOGETHER;

  private final CudaContext gpu;
  private final Kernels kernels;
  private final DeviceSums sums;
  private final long results;

  /**
   * @param results device address for {@link #RESULTS} numbers
   */
  Softmax(CudaContext gpu, Kernels kernels, DeviceSums sums, long results) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.sums = sums;
    this.results = results;
  }

  /** {@link io.github.relumax.backend.Backend#softmax}. */
  SoftmaxSums evaluate(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    long m = size(z);
    int grid = Grids.along(m);
    long partials = sums.partials();
    long w = optional(w2);
    kernels.launchRow("softmaxMaximum", grid, address(z), m, m, partials);
    kernels.launchRow("softmaxScale", 1, partials, grid, results, 8);
    kernels.launchRow(
        "softmaxResidual", grid, address(z), address(b), w, m, results, address(f), partials);
    sums.add(grid, 5, results + 8 * 3);
    kernels.launchRow(
        "softmaxGradient",
        grid,
        address(z),
        address(b),
        w,
        address(f),
        results + 8 * 4,
        m,
        address(gz));
    double[] stats = gpu.read(results, 8 * 8).asSlice(0, 8 * 8).toArray(JAVA_DOUBLE);
    return new SoftmaxSums(
        0.5 * stats[3], 0.5 * stats[7], stats[4], stats[5], Math.sqrt(stats[6]), stats[2]);
  }

  /** {@link io.github.relumax.backend.Backend#losses}. */
  void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    long m = z.columns();
    int grid = Grids.along(m);
    long partials = sums.partials();
    long out = results + 8 * 3 * ROWS_TOGETHER;
    for (int first = 0; first < z.rows(); first += ROWS_TOGETHER) {
      int rows = (int) Math.min(ROWS_TOGETHER, z.rows() - first);
      long from = address(z, first);
      kernels.launch("softmaxMaximum", grid, rows, from, m, m, partials);
      kernels.launchRow("softmaxScale", rows, partials, grid, results, 3);
      kernels.launch(
          "losses", grid, rows, from, m, m, address(b), optional(w2), results, 3, partials);
      sums.add(grid, 2 * rows, out);
      MemorySegment both = gpu.read(out, 8 * 2 * rows);
      for (int k = 0; k < rows; k++) {
        dataLoss[first + k] = 0.5 * both.getAtIndex(JAVA_DOUBLE, 2L * k);
        regularization[first + k] = 0.5 * both.getAtIndex(JAVA_DOUBLE, 2L * k + 1);
      }
    }
  }
}
