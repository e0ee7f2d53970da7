package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import io.github.relumax.backend.Buffer;
import io.github.relumax.cuda.Workspaces.Use;

/**
 * Sums in two levels: kernels leave partial sums, one for each block or slab of rows, and these are
 * added here, in an order that shapes alone decide.
 */
final class DeviceSums {
  /** Rows of logits that are summed together, at most. */
  static final int ROWS_TOGETHER = 8;

  /** Partial sums of the widest kernel along vectors: 3 a row. */
  static final long VECTOR_PARTIALS = 3L * ROWS_TOGETHER * Grids.MOST_BLOCKS;

  private final CudaContext gpu;
  private final Kernels kernels;
  private final Workspaces workspaces;

  DeviceSums(CudaContext gpu, Kernels kernels, Workspaces workspaces) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.workspaces = workspaces;
    partials();
  }

  /** Room for the partial sums of a kernel along a vector. */
  long partials() {
    return partials(VECTOR_PARTIALS);
  }

  /** Room for so many partial sums. */
  long partials(long count) {
    return workspaces.address(Use.PARTIAL_SUMS, 8 * Math.max(VECTOR_PARTIALS, count));
  }

  /** out[q] = the sum of partial sums q * count .. (q + 1) * count - 1. */
  void add(int count, int quantities, long out) {
    kernels.launchRow("sums", quantities, partials(), count, out);
  }

  /** out[j] = Σ of partials[s * columns + j] over s &lt; count. */
  void addRows(long partials, long count, long columns, long out) {
    kernels.launchRow(
        "columnSums", Grids.warps(columns), partials, Math.toIntExact(count), columns, out);
  }

  /** The number at out = ⟨u, v⟩. */
  void dot(Buffer u, Buffer v, long out) {
    int grid = Grids.along(size(u));
    kernels.launchRow("dot", grid, address(u), address(v), size(u), partials());
    add(grid, 1, out);
  }

  /** The number at an address, when everything before is done. */
  double scalar(long address) {
    return gpu.read(address, 8).get(JAVA_DOUBLE, 0);
  }
}
