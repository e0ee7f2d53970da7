package io.github.relumax.cuda;

import static io.github.relumax.cuda.DeviceBuffer.address;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.relumax.backend.Buffer;
import io.github.relumax.cuda.Workspaces.Use;
import java.lang.foreign.MemorySegment;

/**
 * l lᵀ = h + shift I and solves with l, by cuSOLVER and cuBLAS. These are column-major: rows of
 * vectors are columns to them, and l is the transpose of an upper triangular matrix.
 */
final class Cholesky {
  private final CudaContext gpu;
  private final Kernels kernels;
  private final Workspaces workspaces;
  private final long results;

  /**
   * @param results device address for a number
   */
  Cholesky(CudaContext gpu, Kernels kernels, Workspaces workspaces, long results) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.workspaces = workspaces;
    this.results = results;
  }

  /** {@link io.github.relumax.backend.Backend#factor}. */
  boolean factor(Buffer h, double shift, Buffer l) {
    int d = Math.toIntExact(h.rows());
    kernels.square("shiftDiagonal", d, address(h), shift, (long) d, address(l));
    int size = gpu.solver().workspace(d, address(l));
    long workspace = workspaces.address(Use.SOLVER, 8L * size);
    gpu.solver().factor(d, address(l), workspace, size, results);
    kernels.launchRow("pivots", 1, address(h), shift, address(l), (long) d, results + 4);
    MemorySegment answers = gpu.read(results, 8);
    return answers.get(JAVA_INT, 0) == 0 && answers.get(JAVA_INT, 4) == 1;
  }

  /** Every row r of x becomes (l lᵀ)⁻¹ r. */
  void solve(Buffer l, Buffer x) {
    int vectors = Math.toIntExact(x.rows());
    gpu.solver().solve(Math.toIntExact(l.rows()), vectors, address(l), address(x), results);
  }

  /** Every row r of x becomes l⁻¹ r. */
  void solveForward(Buffer l, Buffer x) {
    solveTriangular(true, l, x);
  }

  /** Every row r of x becomes l⁻ᵀ r. */
  void solveTransposed(Buffer l, Buffer x) {
    solveTriangular(false, l, x);
  }

  /** To cuBLAS, whose matrices lie column by column, l is the upper triangle lᵀ. */
  private void solveTriangular(boolean transposed, Buffer l, Buffer x) {
    int vectors = Math.toIntExact(x.rows());
    gpu.blas().solveUpper(transposed, Math.toIntExact(l.rows()), vectors, address(l), address(x));
  }
}
