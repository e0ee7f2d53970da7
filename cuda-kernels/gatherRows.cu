#include "common.cuh"

/* out[j, :] = s_j a[i_j, :]: the rows of a list, with their signs or scales, a warp to a row. */
template <typename T>
__device__ __forceinline__ void gatherRows(
    const T* __restrict__ a,
    long long columns,
    const long long* __restrict__ index,
    const double* __restrict__ scale,
    long long count,
    double* __restrict__ out) {
  long long j = gridWarp();
  if (j >= count) {
    return;
  }
  const T* row = a + index[j] * columns;
  double s = scale == nullptr ? 1.0 : scale[j];
#pragma unroll 4
  for (long long i = lane(); i < columns; i += WARP) {
    out[j * columns + i] = s * row[i];
  }
}

extern "C" __global__ void gatherRows_f64(
    const double* a,
    long long columns,
    const long long* index,
    const double* scale,
    long long count,
    double* out) {
  gatherRows(a, columns, index, scale, count, out);
}

extern "C" __global__ void gatherRows_f32(
    const float* a,
    long long columns,
    const long long* index,
    const double* scale,
    long long count,
    double* out) {
  gatherRows(a, columns, index, scale, count, out);
}
