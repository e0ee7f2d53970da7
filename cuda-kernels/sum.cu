#include "common.cuh"

/* Σ v_i, one partial sum per block. */
extern "C" __global__ void sum(const double* v, long long n, double* partials) {
  double sums[1] = {0};
  for (long long i = first(); i < n; i += step()) {
    sums[0] += v[i];
  }
  blockSums(sums, partials);
}
