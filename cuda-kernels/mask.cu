#include "common.cuh"

/* out = 1[z1 > 0] ∘ v; out may be v. */
extern "C" __global__ void mask(const double* z1, const double* v, long long n, double* out) {
  for (long long i = first(); i < n; i += step()) {
    out[i] = z1[i] > 0 ? v[i] : 0.0;
  }
}
