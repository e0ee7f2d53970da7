/*
 * What every kernel shares: the shape of a block, loops over long vectors, and sums whose order
 * depends on the shape of the data alone.
 */
#ifndef RELUMAX_COMMON
#define RELUMAX_COMMON

/** Threads of every block, all in the x direction. */
constexpr int THREADS = 256;

constexpr int WARP = 32;
constexpr int WARPS = THREADS / WARP;
constexpr unsigned ALL_LANES = 0xffffffffu;

/** The number of this thread in its block. */
__device__ __forceinline__ int thread() { return static_cast<int>(threadIdx.x); }

__device__ __forceinline__ int lane() { return thread() % WARP; }

__device__ __forceinline__ int warp() { return thread() / WARP; }

/** A vector is dealt to the threads of the grid like cards: entry first(), first() + step(), ... */
__device__ __forceinline__ long long first() {
  return blockIdx.x * static_cast<long long>(THREADS) + thread();
}

__device__ __forceinline__ long long step() {
  return gridDim.x * static_cast<long long>(THREADS);
}

/** The warp of this thread, counted through the whole grid: one row of a matrix to a warp. */
__device__ __forceinline__ long long gridWarp() {
  return blockIdx.x * static_cast<long long>(WARPS) + warp();
}

template <typename T>
__device__ __forceinline__ T lesser(T a, T b) {
  return a < b ? a : b;
}

__device__ __forceinline__ double infinity() {
  return __longlong_as_double(0x7ff0000000000000LL);
}

__device__ __forceinline__ bool isFinite(double v) { return fabs(v) < infinity(); }

/**
 * The sum of v over the neighbouring `lanes` (a power of two, at most 32) lanes of a warp, in each
 * of them. All lanes of the warp must call.
 */
template <typename T>
__device__ __forceinline__ T laneSum(T v, int lanes) {
  for (int offset = lanes / 2; offset > 0; offset /= 2) {
    v += __shfl_xor_sync(ALL_LANES, v, offset);
  }
  return v;
}

/** Sums that a block may have at once. */
constexpr int MOST_SUMS = 8;

/**
 * Leaves the block's sum of v[q], q < count, at
 * partials[(blockIdx.y * count + q) * gridDim.x + blockIdx.x].
 */
__device__ __forceinline__ void blockSums(const double* v, int count, double* partials) {
  __shared__ double sums[MOST_SUMS][WARPS];
#pragma unroll
  for (int q = 0; q < count; q++) {
    double sum = laneSum(v[q], WARP);
    if (lane() == 0) {
      sums[q][warp()] = sum;
    }
  }
  __syncthreads();
  if (thread() < count) {
    double sum = 0;
    for (int w = 0; w < WARPS; w++) {
      sum += sums[thread()][w];
    }
    long long row = static_cast<long long>(blockIdx.y) * count + thread();
    partials[row * gridDim.x + blockIdx.x] = sum;
  }
}

#endif
