/* The maximum and the sum of exponentials of a vector, from parts, in one read. */
#ifndef RELUMAX_SOFTMAX
#define RELUMAX_SOFTMAX

#include "common.cuh"

/** Of some entries z_i: max z_i, Σ exp(z_i - max) and max |z_i|, which is NaN if one of them is. */
struct Range {
  double max;
  double sum;
  double largest;

  /** Of no entries. */
  __device__ __forceinline__ Range() : max(-infinity()), sum(0), largest(0) {}

  __device__ __forceinline__ void add(double z) {
    bool rises = z > max;
    double e = exp(rises ? max - z : z - max);
    sum = rises ? sum * e + 1 : sum + e;
    max = rises ? z : max;
    grow(fabs(z));
  }

  __device__ __forceinline__ void add(const Range& other) {
    double top = max > other.max ? max : other.max;
    // The exponent of equal maxima is not taken: -inf - -inf would be NaN.
    double own = max == top ? sum : sum * exp(max - top);
    double others = other.max == top ? other.sum : other.sum * exp(other.max - top);
    sum = own + others;
    max = top;
    grow(other.largest);
  }

 private:
  __device__ __forceinline__ void grow(double size) {
    largest = size > largest || size != size ? size : largest;
  }
};

/** The range over all threads of the block, right in thread 0 only. */
__device__ __forceinline__ Range blockRange(Range range) {
  __shared__ double max[THREADS];
  __shared__ double sum[THREADS];
  __shared__ double largest[THREADS];
  int t = thread();
  max[t] = range.max;
  sum[t] = range.sum;
  largest[t] = range.largest;
  for (int half = THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) {
      Range other;
      other.max = max[t + half];
      other.sum = sum[t + half];
      other.largest = largest[t + half];
      range.add(other);
      max[t] = range.max;
      sum[t] = range.sum;
      largest[t] = range.largest;
    }
  }
  return range;
}

/** f_i of softmaxScale's numbers {max z, 1 / Σ exp(z - max z), ...}. */
__device__ __forceinline__ double softmax(double z, const double* stats) {
  return exp(z - stats[0]) * stats[1];
}

#endif
