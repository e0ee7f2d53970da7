#include "common.cuh"

/*
 * scores_i = keep scores_i + a_i Σ_k (y[k, i] - shift_k)², k < count: leverageScores for y = (C Gᵀ)ᵀ
 * that was computed without C, as A2 (mask ∘ (A1 g_k)).
 */
extern "C" __global__ void productScores(
    const double* y,
    long long rows,
    long long yStride,
    int count,
    const double* shift,
    const double* a,
    int keep,
    double* scores) {
  for (long long i = first(); i < rows; i += step()) {
    double sum = 0;
    for (int k = 0; k < count; k++) {
      double v = y[k * yStride + i] - shift[k];
      sum = fma(v, v, sum);
    }
    sum = a == nullptr ? sum : a[i] * sum;
    scores[i] = keep == 0 ? sum : scores[i] + sum;
  }
}
