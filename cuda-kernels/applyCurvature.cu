#include "common.cuh"

/*
 * out = (I - f 1ᵀ) diag(a) (I - 1 fᵀ) u + w²∘u = a∘(u - mean) - s f + w²∘u
 * with scalars = {mean, s} = {⟨f,u⟩, Σ a∘(u - mean)}; out may be u.
 */
extern "C" __global__ void applyCurvature(
    const double* a,
    const double* f,
    const double* w2,
    const double* u,
    const double* scalars,
    long long n,
    double* out) {
  double mean = scalars[0];
  double s = scalars[1];
  for (long long i = first(); i < n; i += step()) {
    double ui = u[i];
    double value = a[i] * (ui - mean) - s * f[i];
    out[i] = w2 == nullptr ? value : value + w2[i] * ui;
  }
}
