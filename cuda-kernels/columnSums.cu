#include "common.cuh"

/* Columns of one block: 64 bytes of a row, so that 32 rows are read side by side. */
constexpr int COLUMNS = 8;
constexpr int GROUPS = THREADS / COLUMNS;

/* The second level of a sum of vectors: out_j = Σ_s partials[s, j] over the slabs s < count. */
extern "C" __global__ void columnSums(
    const double* partials, int count, long long columns, double* out) {
  int group = thread() / COLUMNS;
  long long j = blockIdx.x * static_cast<long long>(COLUMNS) + thread() % COLUMNS;
  double sum = 0;
  if (j < columns) {
    for (int s = group; s < count; s += GROUPS) {
      sum += partials[s * columns + j];
    }
  }
  __shared__ double sums[THREADS];
  sums[thread()] = sum;
  for (int half = GROUPS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (group < half) {
      sums[thread()] += sums[thread() + half * COLUMNS];
    }
  }
  if (group == 0 && j < columns) {
    out[j] = sums[thread()];
  }
}
