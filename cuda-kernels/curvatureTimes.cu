#include "common.cuh"

/** Rows that a block weighs and then adds while they are in cache, and those of one warp. */
constexpr int BATCH = 32;
constexpr int ROWS = BATCH / WARPS;

/*
 * The curvature matrix times a vector: Σ a_i ⟨c_i - center, v⟩ (c_i - center) over the rows of slab
 * b = blockIdx.x, in `groups` = 256 / lanes parts, at partials[b * groups + group, :]; columnSums adds
 * the parts.
 *
 * Memory gives C once. Rows are centred before anything is multiplied, so that what they have in
 * common cancels without rounding. A thread adds to the same entries of partials throughout.
 */
template <typename T>
__device__ __forceinline__ void curvatureTimes(
    const T* c,
    long long rows,
    long long d,
    int lanes,
    const double* center,
    const double* a,
    const double* v,
    long long slab,
    double* partials) {
  __shared__ double weight[BATCH];
  int groups = THREADS / lanes;
  int group = thread() / lanes;
  long long begin = blockIdx.x * slab;
  long long end = lesser(begin + slab, rows);
  double* sums = partials + (blockIdx.x * static_cast<long long>(groups) + group) * d;

  for (long long base = begin; base < end; base += BATCH) {
    const T* row[ROWS];
    double dots[ROWS] = {};
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      // Past the end the last row is read again: a branch less in the loop.
      row[r] = c + lesser(base + warp() * ROWS + r, end - 1) * d;
    }
#pragma unroll 2
    for (long long j = lane(); j < d; j += WARP) {
      double mean = center[j];
      double entry = v[j];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        dots[r] = fma(row[r][j] - mean, entry, dots[r]);
      }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      double dot = laneSum(dots[r], WARP);
      long long i = base + warp() * ROWS + r;
      if (lane() == 0 && i < end) {
        weight[warp() * ROWS + r] = a[i] * dot;
      }
    }
    __syncthreads();

    int batch = static_cast<int>(lesser(end - base, static_cast<long long>(BATCH)));
    for (long long j = thread() % lanes; j < d; j += lanes) {
      double mean = center[j];
      double sum = base == begin ? 0 : sums[j];
#pragma unroll 4
      for (int r = group; r < batch; r += groups) {
        sum = fma(weight[r], c[(base + r) * d + j] - mean, sum);
      }
      sums[j] = sum;
    }
    __syncthreads();
  }
}

extern "C" __global__ void curvatureTimes_f64(
    const double* c,
    long long rows,
    long long d,
    int lanes,
    const double* center,
    const double* a,
    const double* v,
    long long slab,
    double* partials) {
  curvatureTimes(c, rows, d, lanes, center, a, v, slab, partials);
}

extern "C" __global__ void curvatureTimes_f32(
    const float* c,
    long long rows,
    long long d,
    int lanes,
    const double* center,
    const double* a,
    const double* v,
    long long slab,
    double* partials) {
  curvatureTimes(c, rows, d, lanes, center, a, v, slab, partials);
}
