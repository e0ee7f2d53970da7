/* The probability of a row, for those who draw it and those who weigh it. */
#ifndef RELUMAX_SAMPLING
#define RELUMAX_SAMPLING

#include "common.cuh"

/**
 * p_i = min(1, size score_i / Σ scores), from left to right as in the Java code: `size` rows are
 * expected where no p_i is 1. NaN stays.
 */
__device__ __forceinline__ double probability(double score, double total, double size) {
  double p = size * score / total;
  return p > 1 ? 1 : p;
}

#endif
