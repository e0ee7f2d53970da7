#include "common.cuh"

/*
 * h = max(z1, 0), for any number of rows at once. NaN stays NaN: otherwise an overflowed
 * pre-activation would look like an inactive unit.
 */
extern "C" __global__ void relu(const double* z1, long long n, double* h) {
  for (long long i = first(); i < n; i += step()) {
    double v = z1[i];
    h[i] = v <= 0 ? 0.0 : v;
  }
}
