#include "common.cuh"

/* Mean of |h_jj|: the natural unit of the damping. */
extern "C" __global__ void diagonalMean(const double* h, long long d, double* out) {
  double total = 0;
  for (long long j = thread(); j < d; j += THREADS) {
    total += fabs(h[j * d + j]) / static_cast<double>(d);
  }
  blockSums(&total, 1, out);
}
