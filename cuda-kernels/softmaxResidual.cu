#include "softmax.cuh"

/*
 * f = exp(z - max z) / Σ exp(z - max z),  c = f - b, and five partial sums:
 *
 *     Σ c²,  Σ f c,  Σ f²,  Σ (f c)²,  Σ w² z²      (the last is 0 without w2)
 *
 * The sums of c are of c itself, not of products of f and b: near the optimum c is much smaller
 * than both.
 */
extern "C" __global__ void softmaxResidual(
    const double* z,
    const double* b,
    const double* w2,
    long long n,
    const double* stats,
    double* f,
    double* partials) {
  double sums[5] = {};
  for (long long i = first(); i < n; i += step()) {
    double zi = z[i];
    double fi = softmax(zi, stats);
    double ci = fi - b[i];
    double fc = fi * ci;
    f[i] = fi;
    sums[0] = fma(ci, ci, sums[0]);
    sums[1] += fc;
    sums[2] = fma(fi, fi, sums[2]);
    sums[3] = fma(fc, fc, sums[3]);
    if (w2 != nullptr) {
      sums[4] = fma(w2[i] * zi, zi, sums[4]);
    }
  }
  blockSums(sums, 5, partials);
}
