#include "rows.cuh"

/*
 * partials[s, j] = Σ v_i a[i, j] over the rows i of slab s = blockIdx.y; columnSums adds the slabs.
 *
 * Each of `lanes` threads has WIDE columns, 256 / lanes groups of them share the rows of the slab.
 * With E = WIDE a thread's columns are neighbours, with E = 1 they are `lanes` apart, so that the
 * loads of a warp lie side by side either way.
 */
template <int E, typename T>
__device__ __forceinline__ void addRows(
    const T* a,
    long long columns,
    long long begin,
    long long end,
    const double* v,
    int lanes,
    double (&sums)[WIDE<T>],
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
    double weight = v[i];
#pragma unroll
    for (int l = 0; l < LOADS; l++) {
      double entry[E];
      load(from[l] + i * columns, entry);
#pragma unroll
      for (int e = 0; e < E; e++) {
        sums[l * E + e] = fma(weight, entry[e], sums[l * E + e]);
      }
    }
  }
}

template <typename T>
__device__ __forceinline__ void multiplyTransposed(
    const T* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    long long slab,
    double* partials,
    double (&shared)[WIDE<T>][THREADS]) {
  long long begin = blockIdx.y * slab;
  long long end = lesser(begin + slab, rows);
  double sums[WIDE<T>] = {};
  long long column[WIDE<T>];
  if (wide(a, columns)) {
    addRows<WIDE<T>>(a, columns, begin, end, v, lanes, sums, column);
  } else {
    addRows<1>(a, columns, begin, end, v, lanes, sums, column);
  }

#pragma unroll
  for (int c = 0; c < WIDE<T>; c++) {
    shared[c][thread()] = sums[c];
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
        partials[blockIdx.y * columns + column[c]] = shared[c][thread()];
      }
    }
  }
}

extern "C" __global__ void multiplyTransposed_f64(
    const double* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<double>][THREADS];
  multiplyTransposed(a, rows, columns, lanes, v, slab, partials, shared);
}

extern "C" __global__ void multiplyTransposed_f32(
    const float* a,
    long long rows,
    long long columns,
    int lanes,
    const double* v,
    long long slab,
    double* partials) {
  __shared__ double shared[WIDE<float>][THREADS];
  multiplyTransposed(a, rows, columns, lanes, v, slab, partials, shared);
}
