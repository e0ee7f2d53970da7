#include "common.cuh"

/** Units of one call: their rows of a1 stay in registers. */
constexpr int MOST = 8;

/** Columns of one thread, `lanes` apart. */
constexpr int COLUMNS = 2;

/** Rows of one thread at a time: enough loads on their way to keep memory busy. */
constexpr int ROWS = 2;

/*
 * C = keep C + Σ_j a2[:, u_j] a1[j, :] over the units u_0, u_1, ... of a list, j < units <= MOST.
 * a1 holds the rows of A1 for these units side by side, with their signs.
 *
 * For the few units that flip in a step: one pass over C and nothing else, where a product of
 * gathered matrices would have to write and read the columns of A2 first.
 */
template <typename T>
__device__ __forceinline__ void accumulate(
    const T* __restrict__ a2,
    long long rows,
    long long n,
    const long long* __restrict__ index,
    int units,
    const double* __restrict__ a1,
    long long d,
    int lanes,
    long long slab,
    int keep,
    double* __restrict__ c) {
  int groups = THREADS / lanes;
  long long left =
      blockIdx.x * static_cast<long long>(lanes) * COLUMNS + thread() % lanes;
  long long unit[MOST];
  double right[MOST][COLUMNS];
#pragma unroll
  for (int j = 0; j < MOST; j++) {
    unit[j] = j < units ? index[j] : 0;
#pragma unroll
    for (int e = 0; e < COLUMNS; e++) {
      long long column = left + e * lanes;
      right[j][e] = j < units && column < d ? a1[j * d + column] : 0;
    }
  }

  long long begin = blockIdx.y * slab;
  long long end = lesser(begin + slab, rows);
  for (long long i = begin + thread() / lanes; i < end; i += ROWS * groups) {
    double sum[ROWS][COLUMNS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
      for (int e = 0; e < COLUMNS; e++) {
        bool inside = i + r * groups < end && left + e * lanes < d;
        sum[r][e] = keep != 0 && inside ? c[(i + r * groups) * d + left + e * lanes] : 0;
      }
    }
#pragma unroll
    for (int j = 0; j < MOST; j++) {
      if (j < units) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          double weight = a2[lesser(i + r * groups, rows - 1) * n + unit[j]];
#pragma unroll
          for (int e = 0; e < COLUMNS; e++) {
            sum[r][e] = fma(weight, right[j][e], sum[r][e]);
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
      for (int e = 0; e < COLUMNS; e++) {
        if (i + r * groups < end && left + e * lanes < d) {
          c[(i + r * groups) * d + left + e * lanes] = sum[r][e];
        }
      }
    }
  }
}

extern "C" __global__ void accumulate_f64(
    const double* a2,
    long long rows,
    long long n,
    const long long* index,
    int units,
    const double* a1,
    long long d,
    int lanes,
    long long slab,
    int keep,
    double* c) {
  accumulate(a2, rows, n, index, units, a1, d, lanes, slab, keep, c);
}

extern "C" __global__ void accumulate_f32(
    const float* a2,
    long long rows,
    long long n,
    const long long* index,
    int units,
    const double* a1,
    long long d,
    int lanes,
    long long slab,
    int keep,
    double* c) {
  accumulate(a2, rows, n, index, units, a1, d, lanes, slab, keep, c);
}
