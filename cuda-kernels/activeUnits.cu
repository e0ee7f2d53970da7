#include "lists.cuh"

/* Marks the units u with z1_u > 0. */
extern "C" __global__ void activeUnits(
    const double* z1, long long n, unsigned* words, long long* counts) {
  Chunk chunk(n);
  long long count = 0;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long u = base + thread();
    count += mark(u < n && z1[u] > 0, u, n, words);
  }
  writeCount(count, counts);
}
