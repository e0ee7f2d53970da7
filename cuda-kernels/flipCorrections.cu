#include "lists.cuh"

/*
 * What the flipped units add to logits that were computed with the mask of z1:
 *
 *     h[k, u] = |trials[k, u]|  where 1[z1_u > 0] and 1[trials[k, u] > 0] differ, else 0.
 *
 * Marks the units that flip in some row k < count.
 */
extern "C" __global__ void flipCorrections(
    const double* z1,
    const double* trials,
    int count,
    long long n,
    double* h,
    unsigned* words,
    long long* counts) {
  Chunk chunk(n);
  long long marked = 0;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long u = base + thread();
    bool flips = false;
    if (u < n) {
      bool was = z1[u] > 0;
      for (int k = 0; k < count; k++) {
        double value = trials[k * n + u];
        bool flipped = was != (value > 0);
        h[k * n + u] = flipped ? fabs(value) : 0.0;
        flips = flips || flipped;
      }
    }
    marked += mark(flips, u, n, words);
  }
  writeCount(marked, counts);
}
