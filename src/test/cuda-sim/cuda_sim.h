// What a .cu file sees when it is compiled for the host: CUDA's qualifiers, built-in variables and
// the device functions of the subset that cuda-kernels/ keeps to. The threads of a block are
// fibers; what needs other threads (barriers, warp collectives) goes to the engine in block.cc.
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "thread.h"

#define __CUDACC_RTC__ 1
#define __CUDA_ARCH__ 800
#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)

// The Makefile makes a section of a file's static variables, so that the engine knows where they
// are and can poison them before every block.
#define __shared__ static

// `extern __shared__ T name[];` cannot be said to a host compiler; kernels say this instead, and
// define it as that declaration where it is not defined yet.
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(cudasim::dynamicShared())

#define CUDASIM_VECTORS(base, name)                                                         \
  struct __attribute__((aligned(2 * sizeof(base)))) name##2 {                               \
    base x, y;                                                                              \
  };                                                                                        \
  struct __attribute__((aligned(sizeof(base) > 4 ? 16 : 4 * sizeof(base)))) name##4 {       \
    base x, y, z, w;                                                                        \
  };                                                                                        \
  inline name##2 make_##name##2(base x, base y) { return {x, y}; }                          \
  inline name##4 make_##name##4(base x, base y, base z, base w) { return {x, y, z, w}; }
CUDASIM_VECTORS(int, int)
CUDASIM_VECTORS(unsigned, uint)
CUDASIM_VECTORS(float, float)
CUDASIM_VECTORS(double, double)
CUDASIM_VECTORS(long long, longlong)
CUDASIM_VECTORS(unsigned long long, ulonglong)
#undef CUDASIM_VECTORS

namespace cudasim {

template <typename T>
T shuffle(Site site, Collective what, unsigned mask, T value, unsigned lane, int width = 32) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(T));
  bits = warpCollective(site, what, mask, bits, lane, static_cast<unsigned>(width));
  memcpy(&value, &bits, sizeof(T));
  return value;
}

template <typename T, typename F>
__attribute__((no_sanitize("thread"))) T atomic(T* address, F next) {
  atomicAccess(address, sizeof(T));
  T old = *address;
  *address = next(old);
  return old;
}

template <typename To, typename From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "");
  To to;
  memcpy(&to, &from, sizeof(To));
  return to;
}

}  // namespace cudasim

namespace cudasim {

// Built-in variables are no memory on a device, so reading them is not an access to check: the
// compiler does not instrument what assembly reads. They are constant for a thread, which is why
// the compiler may read them once.
inline unsigned read(const unsigned& from) {
  unsigned value;
  asm("movl %1, %0" : "=r"(value) : "m"(from));
  return value;
}
template <typename T>
T read3(const T& from) {
  T value;
  value.x = read(from.x);
  value.y = read(from.y);
  value.z = read(from.z);
  return value;
}
inline const uint3& ownIndex() {
  const uint3* index;
  asm("movq %1, %0" : "=r"(index) : "m"(threadIndex));
  return *index;
}

}  // namespace cudasim

#define threadIdx (cudasim::read3(cudasim::ownIndex()))
#define blockIdx (cudasim::read3(cudasim::gridPlace.blockIndex))
#define blockDim (cudasim::read3(cudasim::gridPlace.blockSize))
#define gridDim (cudasim::read3(cudasim::gridPlace.gridSize))
constexpr int warpSize = 32;

#define CUDASIM_SITE (cudasim::Site{__FILE__, __LINE__})
#define __syncthreads() ((void)cudasim::blockBarrier(CUDASIM_SITE, cudasim::Count::None, 0))
#define __syncthreads_count(p) cudasim::blockBarrier(CUDASIM_SITE, cudasim::Count::Sum, (p) != 0)
#define __syncthreads_and(p) cudasim::blockBarrier(CUDASIM_SITE, cudasim::Count::And, (p) != 0)
#define __syncthreads_or(p) cudasim::blockBarrier(CUDASIM_SITE, cudasim::Count::Or, (p) != 0)

namespace cudasim {
inline void syncWarp(Site site, unsigned mask = 0xffffffffu) {
  warpCollective(site, Collective::Sync, mask, 0, 0, 32);
}
inline unsigned ballot(Site site, unsigned mask, bool p) {
  return static_cast<unsigned>(warpCollective(site, Collective::Ballot, mask, p, 0, 32));
}
template <typename T>
unsigned matchAny(Site site, unsigned mask, T value) {
  uint64_t b = 0;
  memcpy(&b, &value, sizeof(T));
  return static_cast<unsigned>(warpCollective(site, Collective::Match, mask, b, 0, 32));
}
}  // namespace cudasim

#define CUDASIM_WARP(what, ...) \
  cudasim::shuffle(CUDASIM_SITE, cudasim::Collective::what, __VA_ARGS__)
#define __syncwarp(...) cudasim::syncWarp(CUDASIM_SITE __VA_OPT__(, ) __VA_ARGS__)
#define __shfl_sync(...) CUDASIM_WARP(Shuffle, __VA_ARGS__)
#define __shfl_up_sync(...) CUDASIM_WARP(ShuffleUp, __VA_ARGS__)
#define __shfl_down_sync(...) CUDASIM_WARP(ShuffleDown, __VA_ARGS__)
#define __shfl_xor_sync(...) CUDASIM_WARP(ShuffleXor, __VA_ARGS__)
#define __ballot_sync(mask, p) cudasim::ballot(CUDASIM_SITE, mask, (p) != 0)
#define __any_sync(mask, p) (cudasim::ballot(CUDASIM_SITE, mask, (p) != 0) != 0)
#define __all_sync(mask, p) (cudasim::ballot(CUDASIM_SITE, mask, (p) == 0) == 0)
#define __match_any_sync(mask, v) cudasim::matchAny(CUDASIM_SITE, mask, v)
#define __activemask() cudasim::liveLanes()
#define __threadfence() ((void)0)
#define __threadfence_block() ((void)0)
#undef assert
#define assert(c) ((c) ? (void)0 : cudasim::assertFailed(CUDASIM_SITE, #c))

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) {
  return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x));
}
inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; i++) r |= ((x >> i) & 1u) << (31 - i);
  return r;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32);
}
inline int __mulhi(int a, int b) {
  return static_cast<int>((static_cast<int64_t>(a) * b) >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}

inline long long __double_as_longlong(double x) { return cudasim::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return cudasim::bits<double>(x); }
inline int __float_as_int(float x) { return cudasim::bits<int>(x); }
inline float __int_as_float(int x) { return cudasim::bits<float>(x); }
inline unsigned __float_as_uint(float x) { return cudasim::bits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return cudasim::bits<float>(x); }
inline int __double2hiint(double x) { return static_cast<int>(__double_as_longlong(x) >> 32); }
inline int __double2loint(double x) { return static_cast<int>(__double_as_longlong(x)); }
inline double __hiloint2double(int hi, int lo) {
  return cudasim::bits<double>((static_cast<uint64_t>(static_cast<unsigned>(hi)) << 32) |
                               static_cast<unsigned>(lo));
}
inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline double sinpi(double x) { return sin(M_PI * fmod(x, 2.0)); }
inline double cospi(double x) { return cos(M_PI * fmod(x, 2.0)); }
inline void sincospi(double x, double* s, double* c) {
  *s = sinpi(x);
  *c = cospi(x);
}

// The overloads that CUDA has at global scope.
#define CUDASIM_MIN_MAX(T)                               \
  inline T min(T a, T b) { return b < a ? b : a; }       \
  inline T max(T a, T b) { return a < b ? b : a; }
CUDASIM_MIN_MAX(int)
CUDASIM_MIN_MAX(unsigned)
CUDASIM_MIN_MAX(long)
CUDASIM_MIN_MAX(unsigned long)
CUDASIM_MIN_MAX(long long)
CUDASIM_MIN_MAX(unsigned long long)
#undef CUDASIM_MIN_MAX
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

template <typename T>
T __ldg(const T* p) {
  return *p;
}
template <typename T>
T __ldcs(const T* p) {
  return *p;
}
template <typename T>
void __stcs(T* p, T v) {
  *p = v;
}

template <typename T>
T atomicAdd(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return static_cast<T>(old + v); });
}
template <typename T>
T atomicSub(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return static_cast<T>(old - v); });
}
template <typename T>
T atomicMax(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return old < v ? v : old; });
}
template <typename T>
T atomicMin(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return v < old ? v : old; });
}
template <typename T>
T atomicExch(T* p, T v) {
  return cudasim::atomic(p, [=](T) { return v; });
}
template <typename T>
T atomicCAS(T* p, T expected, T v) {
  return cudasim::atomic(p, [=](T old) { return old == expected ? v : old; });
}
template <typename T>
T atomicOr(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return static_cast<T>(old | v); });
}
template <typename T>
T atomicAnd(T* p, T v) {
  return cudasim::atomic(p, [=](T old) { return static_cast<T>(old & v); });
}
