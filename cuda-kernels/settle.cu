#include "common.cuh"

/* z1_i = 0 where |z1_i| <= tolerance norms_i: what rounding leaves of a unit at its kink. */
extern "C" __global__ void settle(
    const double* norms, double tolerance, long long n, double* z1) {
  for (long long i = first(); i < n; i += step()) {
    if (fabs(z1[i]) <= tolerance * norms[i]) {
      z1[i] = 0.0;
    }
  }
}
