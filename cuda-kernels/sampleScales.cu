#include "sampling.cuh"

/* scale_j = 1 / √p of row i_j, which makes the sampled Gram matrix right on average. */
extern "C" __global__ void sampleScales(
    const long long* index,
    long long count,
    const double* scores,
    const double* total,
    double size,
    double* scale) {
  for (long long j = first(); j < count; j += step()) {
    scale[j] = 1 / sqrt(probability(scores[index[j]], *total, size));
  }
}
