package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;
import static io.github.relumax.cuda.DeviceBuffer.optional;

import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;

/** The curvature of the loss in z: its diagonal a between projections, and its products. */
final class SoftmaxCurvature {
  private final Kernels kernels;
  private final DeviceSums sums;
  private final long results;

  /**
   * @param results device address for two numbers
   */
  SoftmaxCurvature(Kernels kernels, DeviceSums sums, long results) {
    this.kernels = kernels;
    this.sums = sums;
    this.results = results;
  }

  /** {@link io.github.relumax.backend.Backend#curvatureWeights}. */
  void weights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    long m = size(f);
    int exact = form == CurvatureForm.EXACT ? 1 : 0;
    kernels.along("curvatureWeights", m, exact, address(f), address(b), fc, m, address(a));
  }

  /** {@link io.github.relumax.backend.Backend#applyCurvature}. */
  void apply(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    long m = size(u);
    sums.dot(f, u, results);
    kernels.along("curvatureSum", m, address(a), address(u), results, m, sums.partials());
    sums.add(Grids.along(m), 1, results + 8);
    kernels.along(
        "applyCurvature",
        m,
        address(a),
        address(f),
        optional(w2),
        address(u),
        results,
        m,
        address(out));
  }
}
