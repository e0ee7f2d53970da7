/*
 * Reading rows of A1, A2 and C: 16 bytes to a load where every row begins at a multiple of 16
 * bytes, entry by entry elsewhere, widened to float64.
 */
#ifndef RELUMAX_ROWS
#define RELUMAX_ROWS

#include "common.cuh"

/** Entries in 16 bytes. */
template <typename T>
constexpr int WIDE = 16 / sizeof(T);

__device__ __forceinline__ bool atSixteen(const void* p) {
  return reinterpret_cast<unsigned long long>(p) % 16 == 0;
}

/** Whether all rows of a begin at a multiple of 16 bytes. */
template <typename T>
__device__ __forceinline__ bool wide(const T* a, long long columns) {
  return atSixteen(a) && columns % WIDE<T> == 0;
}

__device__ __forceinline__ void load(const double* at, double (&v)[1]) { v[0] = *at; }

__device__ __forceinline__ void load(const float* at, double (&v)[1]) { v[0] = *at; }

__device__ __forceinline__ void load(const double* at, double (&v)[2]) {
  double2 pair = *reinterpret_cast<const double2*>(at);
  v[0] = pair.x;
  v[1] = pair.y;
}

__device__ __forceinline__ void load(const double* at, double (&v)[4]) {
  double2 low = *reinterpret_cast<const double2*>(at);
  double2 high = *reinterpret_cast<const double2*>(at + 2);
  v[0] = low.x;
  v[1] = low.y;
  v[2] = high.x;
  v[3] = high.y;
}

__device__ __forceinline__ void load(const float* at, double (&v)[4]) {
  float4 four = *reinterpret_cast<const float4*>(at);
  v[0] = four.x;
  v[1] = four.y;
  v[2] = four.z;
  v[3] = four.w;
}

/** Rows that one group of lanes works on together, so that an entry of x serves all of them. */
constexpr int TILE = 4;

/**
 * The rows of a that a group of `lanes` neighbouring lanes takes: a block has 256 / lanes groups,
 * which take neighbouring rows.
 */
struct RowTile {
  long long row[TILE];
  int lane;

  __device__ __forceinline__ explicit RowTile(int lanes) {
    int groups = THREADS / lanes;
    lane = thread() % lanes;
    for (int r = 0; r < TILE; r++) {
      row[r] = (blockIdx.x * static_cast<long long>(TILE) + r) * groups + thread() / lanes;
    }
  }
};

/** This lane's share of dots[r][k] = ⟨a_r, x_k⟩, k < count, with E entries to a load. */
template <int E, typename T, int K>
__device__ __forceinline__ void addDots(
    const T* a,
    long long rows,
    long long columns,
    const RowTile& tile,
    int lanes,
    const double* x,
    int count,
    double (&dots)[TILE][K]) {
  const T* row[TILE];
#pragma unroll
  for (int r = 0; r < TILE; r++) {
    // Past the end the last row is read again: a branch less in the loop.
    row[r] = a + lesser(tile.row[r], rows - 1) * columns;
  }
  for (long long j = tile.lane * E; j < columns; j += lanes * E) {
    double entry[TILE][E];
#pragma unroll
    for (int r = 0; r < TILE; r++) {
      load(row[r] + j, entry[r]);
    }
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (k < count) {
        double xk[E];
        load(x + k * columns + j, xk);
#pragma unroll
        for (int e = 0; e < E; e++) {
#pragma unroll
          for (int r = 0; r < TILE; r++) {
            dots[r][k] = fma(entry[r][e], xk[e], dots[r][k]);
          }
        }
      }
    }
  }
}

/**
 * dots[r][k] = ⟨a_r, x_k⟩ in every lane of the group, k < count <= K; 0 for other k. The order of
 * the sum does not depend on K or count.
 */
template <typename T, int K>
__device__ __forceinline__ void rowDots(
    const T* a,
    long long rows,
    long long columns,
    const RowTile& tile,
    int lanes,
    const double* x,
    int count,
    double (&dots)[TILE][K]) {
#pragma unroll
  for (int r = 0; r < TILE; r++) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      dots[r][k] = 0;
    }
  }
  if (wide(a, columns) && atSixteen(x)) {
    addDots<WIDE<T>>(a, rows, columns, tile, lanes, x, count, dots);
  } else {
    addDots<1>(a, rows, columns, tile, lanes, x, count, dots);
  }
#pragma unroll
  for (int r = 0; r < TILE; r++) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (k < count) {
        dots[r][k] = laneSum(dots[r][k], lanes);
      }
    }
  }
}

#endif
