#include "rows.cuh"

/*
 * partials[k, s, j] = Σ v[k, i] a[i, j] over the rows i of slab s = blockIdx.y, for k < count <= K:
 * several products for one read of a. columnSums adds the slabs of one k.
 *
 * Each of `lanes` threads has WIDE columns, 256 / lanes groups of them share the rows of the slab.
 * With E = WIDE a thread's columns are neighbours, with E = 1 they are `lanes` apart, so that the
 * loads of a warp lie side by side either way.
 */
template <int K, int E, typename T>
__device__ __forceinline__ void addRows(
    const T* a,
    long long rows,
    long long columns,
    long long begin,
    long long end,
    const double* v,
    int count,
    int lanes,
    double (&sums)[K][WIDE<T>],
    long long (&column)[WIDE<T>]) {
  constexpr int LOADS = WIDE<T> / E;
  int groups = THREADS / lanes;
  long long left =
      blockIdx.x * static_cast<long long>(lanes) * WIDE<T> + thread() % lanes * E;
  const T* from[LOADS];
#pragma unroll
  for (int l = 0; l < LOADS; l++) {
#pragma unroll
    for (int e = 0; e < E; e++) {
      column[l * E + e] = left + l * lanes * E + e;
    }
    // Past the end the last columns are read again: a branch less in the loop.
    from[l] = a + lesser(column[l * E], columns - E);
  }
#pragma unroll 4
  for (long long i = begin + thread() / lanes; i < end; i += groups) {
    double entry[LOADS][E];
#pragma unroll
    for (int l = 0; l < LOADS; l++) {
      load(from[l] + i * columns, entry[l]);
    }
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (k < count) {
        double weight = v[k * rows + i];
#pragma unroll
        for (int l = 0; l < LOADS; l++) {
#pragma unroll
          for (int e = 0; e < E; e++) {
            sums[k][l * E + e] = fma(weight, entry[l][e], sums[k][l * E + e]);
          }
        }
      }
    }
  }
}

template <int K, typename T>
__device__ __forceinline__ void multiplyTransposed(
    const T* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials,
    double (&shared)[WIDE<T>][THREADS]) {
  long long begin = blockIdx.y * slab;
  long long end = lesser(begin + slab, rows);
  double sums[K][WIDE<T>] = {};
  long long column[WIDE<T>];
  if (wide(a, columns)) {
    addRows<K, WIDE<T>>(a, rows, columns, begin, end, v, count, lanes, sums, column);
  } else {
    addRows<K, 1>(a, rows, columns, begin, end, v, count, lanes, sums, column);
  }

#pragma unroll
  for (int k = 0; k < K; k++) {
    // The same for all threads.
    if (k >= count) {
      break;
    }
    __syncthreads();
#pragma unroll
    for (int c = 0; c < WIDE<T>; c++) {
      shared[c][thread()] = sums[k][c];
    }
    for (int half = THREADS / lanes / 2; half > 0; half /= 2) {
      __syncthreads();
      if (thread() < half * lanes) {
#pragma unroll
        for (int c = 0; c < WIDE<T>; c++) {
          shared[c][thread()] += shared[c][thread() + half * lanes];
        }
      }
    }
    if (thread() < lanes) {
#pragma unroll
      for (int c = 0; c < WIDE<T>; c++) {
        if (column[c] < columns) {
          partials[(k * static_cast<long long>(gridDim.y) + blockIdx.y) * columns + column[c]] =
              shared[c][thread()];
        }
      }
    }
  }
}

extern "C" __global__ void multiplyTransposed1_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<double>][THREADS];
  multiplyTransposed<1>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed1_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<float>][THREADS];
  multiplyTransposed<1>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed2_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<double>][THREADS];
  multiplyTransposed<2>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed2_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<float>][THREADS];
  multiplyTransposed<2>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed4_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<double>][THREADS];
  multiplyTransposed<4>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed4_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<float>][THREADS];
  multiplyTransposed<4>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed8_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<double>][THREADS];
  multiplyTransposed<8>(a, rows, columns, lanes, v, count, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed8_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    int count,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<float>][THREADS];
  multiplyTransposed<8>(a, rows, columns, lanes, v, count, slab, partials, shared);
}
