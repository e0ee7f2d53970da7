#include "common.cuh"

/*
 * Whether l lᵀ = h + shift I is numerically positive definite: every pivot l_jj² is finite and above
 * the rounding of its diagonal entry, d 2⁻⁵² |h_jj + shift|. cuSOLVER only says where a pivot is not
 * above 0: a singular matrix may pass there by rounding, and NaN is not compared.
 */
extern "C" __global__ void pivots(
    const double* h, double shift, const double* l, long long d, int* out) {
  int bad = 0;
  for (long long j = thread(); j < d; j += THREADS) {
    double root = l[j * d + j];
    double pivot = root * root;
    double rounding = static_cast<double>(d) * 0x1p-52 * fabs(h[j * d + j] + shift);
    bad += pivot > rounding && isFinite(pivot) ? 0 : 1;
  }
  __shared__ int each[WARPS];
  bad = laneSum(bad, WARP);
  if (lane() == 0) {
    each[warp()] = bad;
  }
  __syncthreads();
  if (thread() == 0) {
    for (int w = 1; w < WARPS; w++) {
      bad += each[w];
    }
    *out = bad == 0 ? 1 : 0;
  }
}
