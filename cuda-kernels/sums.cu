#include "common.cuh"

/*
 * The second level of a sum: out_q = Σ_b partials[q, b] over the blocks b of the first level, one
 * block of threads for each q.
 */
extern "C" __global__ void sums(const double* partials, int count, double* out) {
  const double* from = partials + static_cast<long long>(blockIdx.x) * count;
  double total = 0;
  for (int b = thread(); b < count; b += THREADS) {
    total += from[b];
  }
  blockSums(&total, 1, out);
}
