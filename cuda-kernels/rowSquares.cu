#include "common.cuh"

/* out_i = ‖x_i‖², a warp to a row. */
extern "C" __global__ void rowSquares(const double* x, long long rows, long long d, double* out) {
  long long i = gridWarp();
  if (i >= rows) {
    return;
  }
  double sum = 0;
#pragma unroll 4
  for (long long k = lane(); k < d; k += WARP) {
    double v = x[i * d + k];
    sum = fma(v, v, sum);
  }
  sum = laneSum(sum, WARP);
  if (lane() == 0) {
    out[i] = sum;
  }
}
