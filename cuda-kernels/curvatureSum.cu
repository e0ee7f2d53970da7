#include "common.cuh"

/* s = Σ a∘(u - mean), mean = ⟨f,u⟩: the middle of applyCurvature, one partial sum per block. */
extern "C" __global__ void curvatureSum(
    const double* a, const double* u, const double* mean, long long n, double* partials) {
  double center = *mean;
  double total = 0;
  for (long long i = first(); i < n; i += step()) {
    total = fma(a[i], u[i] - center, total);
  }
  blockSums(&total, 1, partials);
}
