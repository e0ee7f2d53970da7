#include "common.cuh"

/*
 * The diagonal between the projections of the curvature matrix (docs/math.md, the centred form):
 *
 *     a = f²                          Gauss-Newton
 *     a = q = (2f - b)∘f - ⟨f,c⟩ f    exact
 */
extern "C" __global__ void curvatureWeights(
    int exact, const double* f, const double* b, double fc, long long n, double* a) {
  for (long long i = first(); i < n; i += step()) {
    double fi = f[i];
    a[i] = exact != 0 ? (2 * fi - b[i] - fc) * fi : fi * fi;
  }
}
