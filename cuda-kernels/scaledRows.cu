#include "common.cuh"

/*
 * out[j, :] = √|a_i| (c_i - center), i = i_j: rows of C such that outᵀ out is their part of the
 * curvature matrix, a warp to a row. Left out (null), a is 1, center is 0.
 */
extern "C" __global__ void scaledRows(
    const double* __restrict__ c,
    long long d,
    const double* __restrict__ center,
    const double* __restrict__ a,
    const long long* __restrict__ index,
    long long count,
    double* __restrict__ out) {
  long long j = gridWarp();
  if (j >= count) {
    return;
  }
  long long i = index[j];
  double s = a == nullptr ? 1 : sqrt(fabs(a[i]));
#pragma unroll 4
  for (long long k = lane(); k < d; k += WARP) {
    out[j * d + k] = s * (c[i * d + k] - (center == nullptr ? 0 : center[k]));
  }
}
