/*
 * Counter-based random numbers with the bits of io.github.relumax.random.Philox and BoxMuller: a draw
 * is a function of (seed, stream, index) alone, whatever thread asks for it. Every operation here is
 * an IEEE one in the order of the Java code, so the source must be compiled without fusing
 * multiplications and additions (--fmad=false).
 */
#ifndef RELUMAX_PHILOX
#define RELUMAX_PHILOX

#include "common.cuh"

/** The two draws of one block, for its even and its odd index. */
template <typename T>
struct Pair {
  T even;
  T odd;
};

/** Philox4x32-10 with key = seed and counter = (block, stream, 0): 2 x 64 bits. */
__device__ __forceinline__ Pair<unsigned long long> philox(
    unsigned long long seed, unsigned stream, unsigned long long block) {
  unsigned c0 = static_cast<unsigned>(block);
  unsigned c1 = static_cast<unsigned>(block >> 32);
  unsigned c2 = stream;
  unsigned c3 = 0;
  unsigned k0 = static_cast<unsigned>(seed);
  unsigned k1 = static_cast<unsigned>(seed >> 32);
  for (int round = 0; round < 10; round++) {
    unsigned long long p0 = 0xD2511F53ULL * c0;
    unsigned long long p1 = 0xCD9E8D57ULL * c2;
    c0 = static_cast<unsigned>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<unsigned>(p1);
    c2 = static_cast<unsigned>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<unsigned>(p0);
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return {c0 | static_cast<unsigned long long>(c1) << 32,
      c2 | static_cast<unsigned long long>(c3) << 32};
}

/** 64 random bits. */
__device__ __forceinline__ unsigned long long bits(
    unsigned long long seed, unsigned stream, unsigned long long index) {
  Pair<unsigned long long> pair = philox(seed, stream, index >> 1);
  return (index & 1) == 0 ? pair.even : pair.odd;
}

/** Uniform on (0, 1): (bits >> 12 + 1/2) 2⁻⁵². */
__device__ __forceinline__ double uniform(unsigned long long bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/** ln u = exponent ln 2 + 2 artanh s, s = (f - 1)/(f + 1), for u = 2^exponent f. */
__device__ __forceinline__ double logarithm(double u) {
  long long rootHalf = __double_as_longlong(0.7071067811865476);
  long long bits = __double_as_longlong(u);
  long long exponent = (bits - rootHalf) >> 52;
  double f = __longlong_as_double(bits - exponent * (1LL << 52));
  double s = (f - 1) / (f + 1);
  double t = s * s;
  double series = 1.0 / 21;
  series = series * t + 1.0 / 19;
  series = series * t + 1.0 / 17;
  series = series * t + 1.0 / 15;
  series = series * t + 1.0 / 13;
  series = series * t + 1.0 / 11;
  series = series * t + 1.0 / 9;
  series = series * t + 1.0 / 7;
  series = series * t + 1.0 / 5;
  series = series * t + 1.0 / 3;
  return static_cast<double>(exponent) * 0.6931471805599453 + (2 * s + 2 * s * (t * series));
}

/** Taylor to θ¹⁵ for |θ| <= π/4. */
__device__ __forceinline__ double sine(double theta) {
  double t = theta * theta;
  double series = -1.0 / 1307674368000.0;
  series = series * t + 1.0 / 6227020800.0;
  series = series * t - 1.0 / 39916800;
  series = series * t + 1.0 / 362880;
  series = series * t - 1.0 / 5040;
  series = series * t + 1.0 / 120;
  series = series * t - 1.0 / 6;
  return theta + theta * (t * series);
}

/** Taylor to θ¹⁶ for |θ| <= π/4. */
__device__ __forceinline__ double cosine(double theta) {
  double t = theta * theta;
  double series = 1.0 / 20922789888000.0;
  series = series * t - 1.0 / 87178291200.0;
  series = series * t + 1.0 / 479001600;
  series = series * t - 1.0 / 3628800;
  series = series * t + 1.0 / 40320;
  series = series * t - 1.0 / 720;
  series = series * t + 1.0 / 24;
  series = series * t - 1.0 / 2;
  return 1 + t * series;
}

/** √(-2 ln u) cos(2πv) and √(-2 ln u) sin(2πv), for u and v in (0, 1). */
__device__ __forceinline__ Pair<double> boxMuller(double u, double v) {
  double radius = sqrt(-2 * logarithm(u));

  // 2πv = quarter π/2 + θ with |θ| <= π/4; v - quarter/4 is exact.
  int quarter = static_cast<int>(4 * v + 0.5);
  double theta = 2 * 3.141592653589793 * (v - 0.25 * quarter);
  double sin = sine(theta);
  double cos = cosine(theta);

  // Turn by quarter π/2: odd quarters swap sine and cosine, then signs follow the quadrant.
  double x = quarter % 2 == 0 ? cos : sin;
  double y = quarter % 2 == 0 ? sin : cos;
  x = quarter == 1 || quarter == 2 ? -x : x;
  y = quarter == 2 || quarter == 3 ? -y : y;
  return {radius * x, radius * y};
}

/** The two normals of a block. */
__device__ __forceinline__ Pair<double> normalPair(
    unsigned long long seed, unsigned stream, unsigned long long block) {
  Pair<unsigned long long> pair = philox(seed, stream, block);
  return boxMuller(uniform(pair.even), uniform(pair.odd));
}

#endif
