#include "lists.cuh"
#include "philox.cuh"
#include "sampling.cuh"

/*
 * Marks row i with probability p_i, each on its own: uniform(stream, i) < p_i. The draw belongs to
 * the row, so every backend draws the same rows with the same scores.
 */
extern "C" __global__ void sampleRows(
    unsigned long long seed,
    unsigned stream,
    const double* scores,
    double total,
    double size,
    long long rows,
    unsigned* words,
    long long* counts) {
  Chunk chunk(rows);
  long long count = 0;
  for (long long base = chunk.begin; base < chunk.end; base += THREADS) {
    long long i = base + thread();
    bool drawn = i < rows && uniform(bits(seed, stream, i)) < probability(scores[i], total, size);
    count += mark(drawn, i, rows, words);
  }
  writeCount(count, counts);
}
