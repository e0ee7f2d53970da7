#include "common.cuh"

/* Σ v_i, one partial sum per block. */
extern "C" __global__ void sum(const double* v, long long n, double* partials) {
  double total = 0;
  for (long long i = first(); i < n; i += step()) {
    total += v[i];
  }
  blockSums(&total, 1, partials);
}
