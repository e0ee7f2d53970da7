#include "philox.cuh"

/* out_k = uniform(stream, begin + k). */
extern "C" __global__ void uniforms(
    unsigned long long seed,
    unsigned stream,
    unsigned long long begin,
    long long n,
    double* out) {
  for (long long k = first(); k < n; k += step()) {
    out[k] = uniform(bits(seed, stream, begin + k));
  }
}
