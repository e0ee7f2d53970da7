#include "rows.cuh"

/*
 * y[k, i] = Σ_j a[i, j] x[k, j] for k < count <= K: several products for one read of a.
 *
 * A group of lanes goes along TILE rows at once; x comes from the caches, once for TILE rows.
 */
template <int K, typename T>
__device__ __forceinline__ void multiply(
    const T* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  RowTile tile(lanes);
  double dots[TILE][K];
  rowDots(a, rows, columns, tile, lanes, x, count, dots);
  if (tile.lane != 0) {
    return;
  }
#pragma unroll
  for (int r = 0; r < TILE; r++) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (k < count && tile.row[r] < rows) {
        y[k * yStride + tile.row[r]] = dots[r][k];
      }
    }
  }
}

extern "C" __global__ void multiply1_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<1>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply1_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<1>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply2_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<2>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply2_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<2>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply4_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<4>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply4_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<4>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply8_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<8>(a, rows, columns, lanes, x, count, y, yStride);
}

extern "C" __global__ void multiply8_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* x,
    int count,
    double* y,
    long long yStride) {
  multiply<8>(a, rows, columns, lanes, x, count, y, yStride);
}
