/*
 * Lists of units or rows in ascending order, in two steps. The first marks: bit i of a bit mask says
 * whether i is in the list, and each block counts its bits. The second, compact.cu, gives every bit
 * its place. A block has a chunk of neighbouring entries, so that the order of blocks is the order
 * of the list; all kernels of one list must have the same grid.
 */
#ifndef RELUMAX_LISTS
#define RELUMAX_LISTS

#include "common.cuh"

/** The entries begin .. end - 1 of one block, 256 at a time. */
struct Chunk {
  long long begin;
  long long end;

  __device__ __forceinline__ explicit Chunk(long long n) {
    long long turns = (n + step() - 1) / step();
    begin = blockIdx.x * turns * THREADS;
    end = lesser(begin + turns * THREADS, n);
  }
};

/** Sets bit i of words where marked; all threads of the block must call. Returns the warp's bits. */
__device__ __forceinline__ int mark(bool marked, long long i, long long n, unsigned* words) {
  unsigned word = __ballot_sync(ALL_LANES, marked && i < n);
  if (lane() == 0 && i < n) {
    words[i / WARP] = word;
  }
  return __popc(word);
}

/** The sum over the warps of the block of a number that is the same in all lanes of a warp. */
__device__ __forceinline__ long long warpsTotal(long long ofWarp) {
  __shared__ long long each[WARPS];
  if (lane() == 0) {
    each[warp()] = ofWarp;
  }
  __syncthreads();
  long long total = 0;
  for (int w = 0; w < WARPS; w++) {
    total += each[w];
  }
  return total;
}

/** Leaves the number of bits that the warps of this block have set at counts[blockIdx.x]. */
__device__ __forceinline__ void writeCount(long long ofWarp, long long* counts) {
  long long total = warpsTotal(ofWarp);
  if (thread() == 0) {
    counts[blockIdx.x] = total;
  }
}

#endif
