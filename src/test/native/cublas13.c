/*
 * Stands in for libcublas.so.13 in CublasForwarderTest. It has a few functions that say on standard
 * output what they were given; with NUMBERED it has every function, and each answers with its number.
 */
#ifdef NUMBERED

enum {
#define FORWARD(name) NUMBER_OF_##name,
#include "cublas-symbols.h"
#undef FORWARD
};

#define FORWARD(name) \
  int name(void) { return 1000 + NUMBER_OF_##name; }
#include "cublas-symbols.h"

#else

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

static void *const HANDLE = (void *)0x123456789abcdef0;

static const double *base;

/* How many numbers after the first argument p of the call points: addresses differ in every run. */
static long offset(const double *p) { return (long)(p - base); }

static void say(const char *line) {
  puts(line);
  fflush(stdout);
}

int cublasCreate_v2(void **handle) {
  *handle = HANDLE;
  say("cublasCreate");
  return 0;
}

int cublasDestroy_v2(void *handle) {
  say(handle == HANDLE ? "cublasDestroy" : "cublasDestroy: another handle");
  return 0;
}

int cublasGetVersion_v2(void *handle, int *version) {
  *version = 130987;
  return handle == HANDLE ? 0 : 7;
}

size_t cublasGetCudartVersion(void) { return 13000000000321; }

const char *cublasGetStatusName(int status) {
  return status == 8 ? "name of status 8" : "name of another status";
}

int cublasSetMathMode(void *handle, int mode) {
  return handle == HANDLE && mode == 2 ? 8 : 0;
}

int cublasDgemm_v2(void *handle, int transa, int transb, int m, int n, int k, const double *alpha,
                   const double *a, int lda, const double *b, int ldb, const double *beta,
                   double *c, int ldc) {
  char line[512];
  base = alpha;
  snprintf(line, sizeof line,
           "cublasDgemm %d %d %d m %d n %d k %d alpha %g a+%ld %g lda %d b+%ld %g ldb %d beta+%ld %g"
           " c+%ld %g ldc %d",
           handle == HANDLE, transa, transb, m, n, k, *alpha, offset(a), *a, lda, offset(b), *b,
           ldb, offset(beta), *beta, offset(c), *c, ldc);
  say(line);
  *c = *alpha * *a * *b + *beta * *c;
  return 0;
}

int cublasDgemm_v2_64(void *handle, int transa, int transb, int64_t m, int64_t n, int64_t k,
                      const double *alpha, const double *a, int64_t lda, const double *b,
                      int64_t ldb, const double *beta, double *c, int64_t ldc) {
  char line[512];
  base = alpha;
  snprintf(line, sizeof line,
           "cublasDgemm_64 %d %d %d m %ld n %ld k %ld alpha %g a+%ld %g lda %ld b+%ld %g ldb %ld"
           " beta+%ld %g c+%ld %g ldc %ld",
           handle == HANDLE, transa, transb, m, n, k, *alpha, offset(a), *a, lda, offset(b), *b,
           ldb, offset(beta), *beta, offset(c), *c, ldc);
  say(line);
  return 13;
}

#endif
