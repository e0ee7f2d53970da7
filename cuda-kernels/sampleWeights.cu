#include "sampling.cuh"

/* out_j = a_i / p_i for row i = i_j: with these weights the sampled Gram matrix is right on average. */
extern "C" __global__ void sampleWeights(
    const long long* index,
    long long count,
    const double* scores,
    double total,
    double size,
    const double* a,
    double* out) {
  for (long long j = first(); j < count; j += step()) {
    long long i = index[j];
    out[j] = a[i] / probability(scores[i], total, size);
  }
}
