#include "common.cuh"

/* ⟨u, v⟩, one partial sum per block. */
extern "C" __global__ void dot(const double* u, const double* v, long long n, double* partials) {
  double sums = 0;
  for (long long i = first(); i < n; i += step()) {
    sums = fma(u[i], v[i], sums);
  }
  blockSums(&sums, 1, partials);
}
