#include "common.cuh"

/** Rows of x in one read of the columns. */
constexpr int MOST = 8;

/*
 * y[k, i] += Σ_j x[k, u_j] a[i, u_j] over the units u_0, u_1, ... of a list, k < count <= MOST.
 *
 * Only the named columns are read. A group of lanes has a row of a; neighbouring lanes have
 * neighbouring units.
 */
template <typename T>
__device__ __forceinline__ void addColumns(
    const T* a,
    long long rows,
    long long columns,
    const long long* index,
    int units,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  long long i = blockIdx.x * static_cast<long long>(THREADS / lanes) + thread() / lanes;
  // Past the end the last row is read again, so that all lanes reach the sum over lanes.
  const T* row = a + lesser(i, rows - 1) * columns;
  double sums[MOST] = {};
#pragma unroll 2
  for (int j = thread() % lanes; j < units; j += lanes) {
    long long u = index[j];
    double entry = row[u];
#pragma unroll
    for (int k = 0; k < MOST; k++) {
      if (k < count) {
        sums[k] = fma(x[k * columns + u], entry, sums[k]);
      }
    }
  }
#pragma unroll
  for (int k = 0; k < MOST; k++) {
    if (k < count) {
      double sum = laneSum(sums[k], lanes);
      if (thread() % lanes == 0 && i < rows) {
        y[k * yStride + i] += sum;
      }
    }
  }
}

extern "C" __global__ void addColumns_f64(
    const double* a,
    long long rows,
    long long columns,
    const long long* index,
    int units,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  addColumns(a, rows, columns, index, units, lanes, x, count, y, yStride);
}

extern "C" __global__ void addColumns_f32(
    const float* a,
    long long rows,
    long long columns,
    const long long* index,
    int units,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  addColumns(a, rows, columns, index, units, lanes, x, count, y, yStride);
}
