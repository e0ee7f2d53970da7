#include "common.cuh"

/* out = alpha u + beta v; out may be u or v. */
extern "C" __global__ void combine(
    double alpha, const double* u, double beta, const double* v, long long n, double* out) {
  for (long long i = first(); i < n; i += step()) {
    out[i] = alpha * u[i] + beta * v[i];
  }
}
