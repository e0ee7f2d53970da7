#include "softmax.cuh"

/*
 * For row k = blockIdx.y of z, two partial sums: Σ (softmax(z_k) - b)² and Σ w² z_k² (0 without
 * w2). stats: what softmaxScale left for the row.
 */
extern "C" __global__ void losses(
    const double* z,
    long long n,
    long long zStride,
    const double* b,
    const double* w2,
    const double* stats,
    int statsStride,
    double* partials) {
  const double* row = z + blockIdx.y * zStride;
  const double* rowStats = stats + blockIdx.y * static_cast<long long>(statsStride);
  double sums[2] = {};
  for (long long i = first(); i < n; i += step()) {
    double zi = row[i];
    double ci = softmax(zi, rowStats) - b[i];
    sums[0] = fma(ci, ci, sums[0]);
    if (w2 != nullptr) {
      sums[1] = fma(w2[i] * zi, zi, sums[1]);
    }
  }
  blockSums(sums, 2, partials);
}
