#include "softmax.cuh"

/*
 * For row k = blockIdx.x, from softmaxMaximum's partials:
 *
 *     stats[k, 0..2] = max z,  1 / Σ exp(z - max z),  max |z|.
 *
 * The scale is NaN if an entry of z is not finite, whatever exp made of it: a point that overflowed
 * must not have a finite loss.
 */
extern "C" __global__ void softmaxScale(
    const double* partials, int count, double* stats, int statsStride) {
  const double* from = partials + blockIdx.x * 3LL * count;
  Range range;
  for (int b = thread(); b < count; b += THREADS) {
    Range part;
    part.max = from[b];
    part.sum = from[count + b];
    part.largest = from[2LL * count + b];
    range.add(part);
  }
  range = blockRange(range);
  if (thread() == 0) {
    double* out = stats + blockIdx.x * static_cast<long long>(statsStride);
    out[0] = range.max;
    out[1] = isFinite(range.largest) ? 1 / range.sum : infinity() - infinity();
    out[2] = range.largest;
  }
}
