#include "common.cuh"

/* ⟨u, v⟩, one partial sum per block. */
extern "C" __global__ void dot(const double* u, const double* v, long long n, double* partials) {
  double total = 0;
  for (long long i = first(); i < n; i += step()) {
    total = fma(u[i], v[i], total);
  }
  blockSums(&total, 1, partials);
}
