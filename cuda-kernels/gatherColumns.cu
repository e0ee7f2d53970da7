#include "common.cuh"

/* out[i, j] = a[i, u_j]: the columns of a list side by side, a warp to a row. */
template <typename T>
__device__ __forceinline__ void gatherColumns(
    const T* __restrict__ a,
    long long rows,
    long long columns,
    const long long* __restrict__ index,
    int units,
    double* __restrict__ out) {
  long long i = gridWarp();
  if (i >= rows) {
    return;
  }
  const T* row = a + i * columns;
#pragma unroll 4
  for (int j = lane(); j < units; j += WARP) {
    out[i * units + j] = row[index[j]];
  }
}

extern "C" __global__ void gatherColumns_f64(
    const double* a,
    long long rows,
    long long columns,
    const long long* index,
    int units,
    double* out) {
  gatherColumns(a, rows, columns, index, units, out);
}

extern "C" __global__ void gatherColumns_f32(
    const float* a,
    long long rows,
    long long columns,
    const long long* index,
    int units,
    double* out) {
  gatherColumns(a, rows, columns, index, units, out);
}
