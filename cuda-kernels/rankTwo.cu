#include "common.cuh"

/* h = h + u vᵀ + v uᵀ + t v vᵀ, with the bits of h[i, j] and h[j, i] alike. */
extern "C" __global__ void rankTwo(
    double* h, const double* u, const double* v, double t, long long d) {
  long long j = first();
  if (j >= d) {
    return;
  }
  double uj = u[j];
  double vj = v[j];
  for (long long i = blockIdx.y; i < d; i += gridDim.y) {
    h[i * d + j] += u[i] * vj + v[i] * uj + t * (v[i] * vj);
  }
}
