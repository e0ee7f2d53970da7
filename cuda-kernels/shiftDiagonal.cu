#include "common.cuh"

/* l = lower triangle of h + shift I, 0 above it: where the Cholesky factor is then formed. */
extern "C" __global__ void shiftDiagonal(const double* h, double shift, long long d, double* l) {
  long long j = first();
  if (j >= d) {
    return;
  }
  for (long long i = blockIdx.y; i < d; i += gridDim.y) {
    double v = j <= i ? h[i * d + j] : 0;
    l[i * d + j] = i == j ? v + shift : v;
  }
}
