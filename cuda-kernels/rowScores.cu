#include "common.cuh"

/*
 * scores_i = keep scores_i + max(a_i, 0) Σ_k (y[k, i] - shift_k)², k < count, and one partial sum of
 * the scores per block. With y[k, i] = ⟨c_i, g_k⟩ and shift_k = ⟨center, g_k⟩ these are the squared
 * norms of the rows of √a (C - center) Gᵀ. With G = Gaussian numbers times R⁻¹, R from a sketch of
 * √a (C - center), they estimate its leverage scores.
 */
extern "C" __global__ void rowScores(
    const double* y,
    long long rows,
    int count,
    const double* shift,
    const double* a,
    int keep,
    double* scores,
    double* partials) {
  double total = 0;
  for (long long i = first(); i < rows; i += step()) {
    double sum = 0;
    for (int k = 0; k < count; k++) {
      double v = y[k * rows + i] - shift[k];
      sum = fma(v, v, sum);
    }
    if (a != nullptr) {
      // In this form a weight that is NaN stays one.
      sum *= a[i] < 0 ? 0 : a[i];
    }
    double score = keep == 0 ? sum : scores[i] + sum;
    scores[i] = score;
    total += score;
  }
  blockSums(&total, 1, partials);
}
