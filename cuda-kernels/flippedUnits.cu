#include "lists.cuh"

/*
 * Marks the units whose activity differs between two points in words, and those that are active at
 * the second in on: where both have a bit the unit was switched on, where only words has, off.
 */
extern "C" __global__ void flippedUnits(
    const double* from,
    const double* to,
    long long n,
    unsigned* words,
    unsigned* on,
    long long* counts) {
  Chunk chunk(n);
  long long count = 0;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long u = base + thread();
    bool was = u < n && from[u] > 0;
    bool is = u < n && to[u] > 0;
    count += mark(was != is, u, n, words);
    mark(is, u, n, on);
  }
  writeCount(count, counts);
}
