#include "softmax.cuh"

/*
 * For row k = blockIdx.y of z, one read: max z, Σ exp(z - max z) and max |z|, three partials per
 * block. The sum follows the maximum as it rises: Σ becomes Σ exp(old - new) + 1.
 */
extern "C" __global__ void softmaxMaximum(
    const double* z, long long n, long long zStride, double* partials) {
  const double* row = z + blockIdx.y * zStride;
  Range range;
#pragma unroll 4
  for (long long i = first(); i < n; i += step()) {
    range.add(row[i]);
  }
  range = blockRange(range);
  if (thread() == 0) {
    double* out = partials + blockIdx.y * 3LL * gridDim.x + blockIdx.x;
    out[0] = range.max;
    out[gridDim.x] = range.sum;
    out[2LL * gridDim.x] = range.largest;
  }
}
