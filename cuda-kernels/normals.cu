#include "philox.cuh"

/*
 * out_k = normal(stream, begin + k), an index modulo 2⁶⁴. A block of random bits gives two numbers: a
 * thread writes both.
 */
extern "C" __global__ void normals(
    unsigned long long seed,
    unsigned stream,
    unsigned long long begin,
    long long n,
    double* out) {
  long long skip = begin & 1;
  for (long long p = first(); 2 * p < n + skip; p += step()) {
    Pair<double> pair = normalPair(seed, stream, (begin + 2 * p) >> 1);
    long long k = 2 * p - skip;
    if (k >= 0) {
      out[k] = pair.even;
    }
    if (k + 1 < n) {
      out[k + 1] = pair.odd;
    }
  }
}
