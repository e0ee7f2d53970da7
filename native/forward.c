/*
 * Stands in for libcublas.so.12 and passes every call on to libcublas.so.13; README.md says why.
 * stubs.S has the functions, this file fills the table that they jump through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * glibc 2.34 gave these a new symbol version when it moved them to libc. Asking for the old one lets
 * a library built there load on an older system too.
 */
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dlerror, dlerror@GLIBC_2.2.5");
__asm__(".symver dlclose, dlclose@GLIBC_2.2.5");

#define HIDDEN __attribute__((visibility("hidden")))

enum {
#define FORWARD(name) INDEX_##name,
#include "cublas-symbols.h"
#undef FORWARD
  COUNT
};

/* The names in order, each with its zero byte: an array of pointers would need a relocation each. */
static const char NAMES[] =
#define FORWARD(name) #name "\0"
#include "cublas-symbols.h"
#undef FORWARD
    ;

/* What cublasStatus_t calls them. */
enum { STATUS_NOT_INITIALIZED = 1, STATUS_NOT_SUPPORTED = 15 };

/* The functions of libcublas.so.13 in the order of cublas-symbols.h, 0 where it has none. */
HIDDEN void *relumax_cublas_table[COUNT];

static char opened[1024];
static _Thread_local char problem[1280];

static const char *name_of(int index) {
  const char *name = NAMES;
  for (; index > 0; index--) {
    name += strlen(name) + 1;
  }
  return name;
}

/*
 * Opens libcublas.so.13 at this path, or by this name where the loader is to look for it. Returns how
 * many of the functions it lacks, or -1 with the reason in relumax_cublas_status. Call it once,
 * before the first call of a cuBLAS function.
 */
int relumax_cublas_open(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    snprintf(problem, sizeof problem, "%s", dlerror());
    return -1;
  }
  if (dlsym(library, "cublasCreate_v2") == NULL) {
    snprintf(problem, sizeof problem, "%s is no cuBLAS: it has no function cublasCreate_v2", path);
    dlclose(library);
    return -1;
  }
  int missing = 0;
  const char *name = NAMES;
  for (int i = 0; i < COUNT; i++, name += strlen(name) + 1) {
    relumax_cublas_table[i] = dlsym(library, name);
    missing += relumax_cublas_table[i] == NULL;
  }
  snprintf(opened, sizeof opened, "%s", path);
  problem[0] = '\0';
  return missing;
}

/* Why the last call of this thread that failed here did so, in one line; empty where none has. */
const char *relumax_cublas_status(void) { return problem; }

/*
 * What a stub without a function answers: a status, but for the three functions that return something
 * else. The answer says why on standard error too, since a status alone cannot name the function.
 */
HIDDEN intptr_t relumax_cublas_refuse(int index) {
  const char *name = name_of(index);
  int absent = opened[0] != '\0';
  if (absent) {
    snprintf(problem, sizeof problem, "%s has no function %s", opened, name);
  } else {
    snprintf(problem, sizeof problem, "%s was called before a libcublas.so.13 was opened", name);
  }
  fprintf(stderr, "relumax: %s\n", problem);
  switch (index) {
    case INDEX_cublasGetStatusName:
    case INDEX_cublasGetStatusString:
      return (intptr_t) "unknown";
    case INDEX_cublasGetCudartVersion:
      return 0;
    default:
      return absent ? STATUS_NOT_SUPPORTED : STATUS_NOT_INITIALIZED;
  }
}
