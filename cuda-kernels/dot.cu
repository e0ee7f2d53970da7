#include "common.cuh"

/* ⟨u, v⟩, one partial sum per block. */
extern "C" __global__ void dot(const double* u, const double* v, long long n, double* partials) {
  double sums[1] = {0};
  for (long long i = first(); i < n; i += step()) {
    sums[0] = fma(u[i], v[i], sums[0]);
  }
  blockSums(sums, partials);
}
