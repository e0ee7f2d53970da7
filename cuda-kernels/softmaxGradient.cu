#include "common.cuh"

/* gz = f∘c - ⟨f,c⟩ f + w²∘z with c = f - b, the gradient with respect to z; fc points at ⟨f,c⟩. */
extern "C" __global__ void softmaxGradient(
    const double* z,
    const double* b,
    const double* w2,
    const double* f,
    const double* fc,
    long long n,
    double* gz) {
  double mean = *fc;
  for (long long i = first(); i < n; i += step()) {
    double fi = f[i];
    double g = fi * (fi - b[i]) - mean * fi;
    gz[i] = w2 == nullptr ? g : g + w2[i] * z[i];
  }
}
