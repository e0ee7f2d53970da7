#include "lists.cuh"

/*
 * The marked entries in ascending order: bit i of words is entry (bits before i) of the list.
 * sign = +1, or where a mask `on` is given: bit i of on ? +1 : -1. What the list has no room for is
 * left out, but counted.
 */
extern "C" __global__ void compact(
    const unsigned* words,
    const unsigned* on,
    long long n,
    const long long* counts,
    long long capacity,
    long long* index,
    double* sign,
    long long* length) {
  long long before = 0;
  for (unsigned b = threadIdx.x; b < blockIdx.x; b += THREADS) {
    before += counts[b];
  }
  before = warpsTotal(laneSum(before, WARP));
  if (thread() == 0 && blockIdx.x == gridDim.x - 1) {
    *length = before + counts[blockIdx.x];
  }

  Chunk chunk(n);
  unsigned below = (1u << lane()) - 1;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long place = before;
    unsigned own = 0;
    for (int w = 0; w < WARPS && base + w * WARP < n; w++) {
      unsigned word = words[base / WARP + w];
      before += __popc(word);
      place += w < warp() ? __popc(word) : 0;
      own = w == warp() ? word : own;
    }
    if (own >> lane() & 1) {
      long long i = base + thread();
      place += __popc(own & below);
      if (place < capacity) {
        index[place] = i;
        if (sign != nullptr) {
          sign[place] = on == nullptr || (on[i / WARP] >> lane() & 1) ? 1.0 : -1.0;
        }
      }
    }
  }
}
