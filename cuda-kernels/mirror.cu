#include "common.cuh"

/*
 * h[j, i] = h[i, j] for i < j: the row-major upper triangle, which cuBLAS calls lower, to the other.
 * Tiles of 32 x 32 go through shared memory, so that both sides are read and written along rows;
 * its rows are one entry longer, which keeps a column of a tile out of one bank.
 */
extern "C" __global__ void mirror(double* h, long long d) {
  if (blockIdx.y > blockIdx.x) {
    return;
  }
  __shared__ double tile[WARP][WARP + 1];
  long long top = blockIdx.y * static_cast<long long>(WARP);
  long long left = blockIdx.x * static_cast<long long>(WARP);
  for (int r = warp(); r < WARP; r += WARPS) {
    if (top + r < d && left + lane() < d) {
      tile[r][lane()] = h[(top + r) * d + left + lane()];
    }
  }
  __syncthreads();
  for (int r = warp(); r < WARP; r += WARPS) {
    long long i = left + r;
    long long j = top + lane();
    if (i < d && j < i) {
      h[i * d + j] = tile[lane()][r];
    }
  }
}
