#include "common.cuh"

/** Units of one call: their rows of a1 stay in registers. */
constexpr int MOST = 8;

/** Columns of one thread, `lanes` apart. */
constexpr int COLUMNS = 2;

/*
 * C = keep C + Σ_j a2[:, u_j] a1[j, :] over the units u_0, u_1, ... of a list, j < units <= MOST.
 * a1 holds the rows of A1 for these units side by side, with their signs.
 *
 * For the few units that flip in a step: one pass over C and nothing else, where a product of
 * gathered matrices would have to write and read the columns of A2 first.
 */
template <typename T>
__device__ __forceinline__ void accumulate(
    const T* a2,
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
  int groups = THREADS / lanes;
  long long left =
      blockIdx.x * static_cast<long long>(lanes) * COLUMNS + threadIdx.x % lanes;
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
  for (long long i = begin + threadIdx.x / lanes; i < end; i += groups) {
    double weight[MOST];
#pragma unroll
    for (int j = 0; j < MOST; j++) {
      weight[j] = j < units ? static_cast<double>(a2[i * n + unit[j]]) : 0;
    }
#pragma unroll
    for (int e = 0; e < COLUMNS; e++) {
      long long column = left + e * lanes;
      if (column < d) {
        double sum = keep == 0 ? 0 : c[i * d + column];
#pragma unroll
        for (int j = 0; j < MOST; j++) {
          if (j < units) {
            sum = fma(weight[j], right[j][e], sum);
          }
        }
        c[i * d + column] = sum;
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
