#include "philox.cuh"

/** Columns of one block, and groups of threads that share the rows of a bucket. */
constexpr int COLUMNS = 64;
constexpr int GROUPS = THREADS / COLUMNS;

/** i with odd i = 1 modulo 2³²: Newton's iteration doubles the bits that are right, from 3. */
__device__ __forceinline__ unsigned inverse(unsigned odd) {
  unsigned i = odd;
  for (int bits = 3; bits < 32; bits *= 2) {
    i *= 2 - odd * i;
  }
  return i;
}

/*
 * A CountSketch of the rows r_i = √|a_i| (c_i - center):  out[h(i), :] = Σ s(i) r_i, with the buckets h
 * and the signs s of io.github.relumax.random.SketchHash. Chunk t of K rows, K the number of buckets,
 * gives each bucket one row, row j = odd_t⁻¹ (h - shift_t) mod K of the chunk. So a bucket gathers
 * its rows, in order, and nothing is scattered.
 */
template <typename T>
__device__ __forceinline__ void countSketch(
    unsigned long long seed,
    unsigned stream,
    const T* c,
    long long rows,
    long long d,
    const double* center,
    const double* a,
    long long buckets,
    double* out) {
  __shared__ long long row[THREADS];
  __shared__ double weight[THREADS];
  __shared__ double sums[THREADS];
  int t = thread();
  int group = t / COLUMNS;
  long long column = blockIdx.x * static_cast<long long>(COLUMNS) + t % COLUMNS;
  double mean = center == nullptr || column >= d ? 0 : center[column];
  long long chunks = (rows + buckets - 1) / buckets;

  for (long long bucket = blockIdx.y; bucket < buckets; bucket += gridDim.y) {
    double sum = 0;
    for (long long base = 0; base < chunks; base += THREADS) {
      // Each thread finds the row of one chunk, then all go through these rows.
      long long chunk = base + t;
      unsigned long long turn = bits(seed, stream, 2 * chunk);
      unsigned j = inverse(static_cast<unsigned>(turn) | 1)
          * (static_cast<unsigned>(bucket) - static_cast<unsigned>(turn >> 32));
      long long i = chunk * buckets + (j & (buckets - 1));
      __syncthreads();
      row[t] = i;
      weight[t] = 0;
      if (i < rows) {
        double scale = a == nullptr ? 1 : sqrt(fabs(a[i]));
        weight[t] = bits(seed, stream, 2 * (i / 64) + 1) >> (i % 64) & 1 ? -scale : scale;
      }
      __syncthreads();
      int found = static_cast<int>(lesser(chunks - base, static_cast<long long>(THREADS)));
      if (column < d) {
#pragma unroll 4
        for (int r = group; r < found; r += GROUPS) {
          if (row[r] < rows) {
            sum = fma(weight[r], c[row[r] * d + column] - mean, sum);
          }
        }
      }
    }
    sums[t] = sum;
    __syncthreads();
    if (group == 0 && column < d) {
      for (int g = 1; g < GROUPS; g++) {
        sum += sums[t + g * COLUMNS];
      }
      out[bucket * d + column] = sum;
    }
    __syncthreads();
  }
}

extern "C" __global__ void countSketch_f64(
    unsigned long long seed,
    unsigned stream,
    const double* c,
    long long rows,
    long long d,
    const double* center,
    const double* a,
    long long buckets,
    double* out) {
  countSketch(seed, stream, c, rows, d, center, a, buckets, out);
}

extern "C" __global__ void countSketch_f32(
    unsigned long long seed,
    unsigned stream,
    const float* c,
    long long rows,
    long long d,
    const double* center,
    const double* a,
    long long buckets,
    double* out) {
  countSketch(seed, stream, c, rows, d, center, a, buckets, out);
}
