#include "lists.cuh"

/*
 * Marks the rows with a_i > 0 and those with a_i < 0: the Gram matrix adds the products of the former
 * and subtracts those of the latter. NaN counts as above, so that it reaches the matrix.
 */
extern "C" __global__ void markSigns(
    const double* a,
    long long n,
    unsigned* above,
    unsigned* below,
    long long* aboveCounts,
    long long* belowCounts) {
  Chunk chunk(n);
  long long aboves = 0;
  long long belows = 0;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long i = base + thread();
    double ai = i < n ? a[i] : 0;
    aboves += mark(ai > 0 || ai != ai, i, n, above);
    belows += mark(ai < 0, i, n, below);
  }
  writeCount(aboves, aboveCounts);
  __syncthreads();
  writeCount(belows, belowCounts);
}
