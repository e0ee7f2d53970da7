#include "common.cuh"

/* The trial points: row k of out = x + t_k p, k < count <= 4. */
extern "C" __global__ void steps(
    const double* x,
    const double* p,
    long long n,
    int count,
    double t0,
    double t1,
    double t2,
    double t3,
    double* out) {
  double t[4] = {t0, t1, t2, t3};
  for (long long i = first(); i < n; i += step()) {
    double xi = x[i];
    double pi = p[i];
#pragma unroll
    for (int k = 0; k < 4; k++) {
      if (k < count) {
        out[k * n + i] = xi + t[k] * pi;
      }
    }
  }
}
