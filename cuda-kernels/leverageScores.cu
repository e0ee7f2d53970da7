#include "rows.cuh"

/** Columns of the projection in one read of C. */
constexpr int MOST = 8;

/*
 * scores_i = keep scores_i + a_i Σ_k (⟨c_i, g_k⟩ - shift_k)²,  shift_k = ⟨center, g_k⟩, k < count:
 * the squared norms of the rows of √a (C - center) Gᵀ. With G = Gaussian numbers times R⁻¹, R from a
 * sketch of √a (C - center), they estimate its leverage scores.
 */
extern "C" __global__ void leverageScores(
    const double* c,
    long long rows,
    long long d,
    int lanes,
    const double* g,
    int count,
    const double* shift,
    const double* a,
    int keep,
    double* scores) {
  RowTile tile(lanes);
  double dots[TILE][MOST];
  rowDots(c, rows, d, tile, lanes, g, count, dots);
  if (tile.lane != 0) {
    return;
  }
#pragma unroll
  for (int r = 0; r < TILE; r++) {
    if (tile.row[r] < rows) {
      double sum = 0;
#pragma unroll
      for (int k = 0; k < MOST; k++) {
        if (k < count) {
          double v = dots[r][k] - shift[k];
          sum = fma(v, v, sum);
        }
      }
      long long i = tile.row[r];
      sum = a == nullptr ? sum : a[i] * sum;
      scores[i] = keep == 0 ? sum : scores[i] + sum;
    }
  }
}
