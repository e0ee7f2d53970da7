// cuSOLVER: Cholesky factorisation and the solution with it. `info` and the workspace are device
// memory; the workspace is written over, so that nothing else can live in it.
#include "linear_algebra.h"

using namespace cudasim;

namespace {

enum Status { Ok = 0, HandleMissing = 1, AllocationFailed = 2, BadValue = 3, ExecutionFailed = 6 };
enum Fill { Lower = 0, Upper = 1 };

struct SolverHandle {
  int device;
  uintptr_t stream = 0;
};

std::map<uintptr_t, SolverHandle>& handles() {
  static auto* map = new std::map<uintptr_t, SolverHandle>;
  return *map;
}

SolverHandle* find(uintptr_t handle) {
  auto at = handles().find(handle);
  if (at == handles().end() || at->second.device != currentDevice()) return nullptr;
  return &at->second;
}

bool badShape(int uplo, Index n, Index lda) {
  return (uplo != Lower && uplo != Upper) || n < 0 || lda < std::max<Index>(1, n);
}

int workspace(Index n) { return static_cast<int>(32 * n + 64); }

Result checkInfo(const char* call, const int* info) {
  std::string wrong = outside(reinterpret_cast<uintptr_t>(info), sizeof *info);
  if (wrong.empty()) return Success;
  say("%s: info: %s", call, wrong.c_str());
  return IllegalAddress;
}

/**
 * a = l lᵀ (lower) or uᵀ u (upper), in place and in its triangle only.
 *
 * @return the first column, from 1, whose pivot is not positive, or 0; a NaN passes, as it may in
 *     cuSOLVER
 */
int factor(Index n, double* a, Index lda, bool lower) {
  auto at = [=](Index i, Index j) -> double& { return lower ? a[j * lda + i] : a[i * lda + j]; };
  for (Index j = 0; j < n; j++) {
    double pivot = at(j, j);
    for (Index k = 0; k < j; k++) pivot -= at(j, k) * at(j, k);
    if (pivot <= 0) return static_cast<int>(j + 1);
    at(j, j) = std::sqrt(pivot);
    for (Index i = j + 1; i < n; i++) {
      double sum = at(i, j);
      for (Index k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      at(i, j) = sum / at(j, j);
    }
  }
  return 0;
}

}  // namespace

extern "C" {

int cusolverGetVersion(int* version) {
  *version = libraryVersion(reinterpret_cast<void*>(&cusolverGetVersion)) * 1000 + 601;
  return Ok;
}

int cusolverGetProperty(int which, int* value) {
  const int version[] = {libraryVersion(reinterpret_cast<void*>(&cusolverGetVersion)), 6, 1};
  if (which < 0 || which > 2) return BadValue;
  *value = version[which];
  return Ok;
}

int cusolverDnCreate(uintptr_t* handle) {
  std::lock_guard guard(lock());
  if (handle == nullptr) return BadValue;
  if (currentDevice() < 0) return HandleMissing;
  if (injectedFailure("CUSOLVER_CREATE")) return AllocationFailed;
  static uintptr_t last = 0x53000000;
  *handle = last += 16;
  handles()[*handle].device = currentDevice();
  counter("live cuSOLVER handles")++;
  return Ok;
}

int cusolverDnDestroy(uintptr_t handle) {
  std::lock_guard guard(lock());
  if (handles().erase(handle) == 0) return HandleMissing;
  counter("live cuSOLVER handles")--;
  return Ok;
}

int cusolverDnSetStream(uintptr_t h, uintptr_t stream) {
  std::lock_guard guard(lock());
  SolverHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (!isStream(stream)) return BadValue;
  handle->stream = stream;
  return Ok;
}

int cusolverDnGetStream(uintptr_t h, uintptr_t* stream) {
  std::lock_guard guard(lock());
  SolverHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  *stream = handle->stream;
  return Ok;
}

int cusolverDnDpotrf_bufferSize(uintptr_t h, int uplo, int n, double*, int lda, int* size) {
  std::lock_guard guard(lock());
  if (find(h) == nullptr) return HandleMissing;
  if (badShape(uplo, n, lda) || size == nullptr) return BadValue;
  *size = workspace(n);
  return Ok;
}

int cusolverDnDpotrf(uintptr_t h, int uplo, int n, double* a, int lda, double* work, int workSize,
                     int* info) {
  std::lock_guard guard(lock());
  SolverHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (badShape(uplo, n, lda) || workSize < workspace(n)) return BadValue;
  counter("cuSOLVER calls")++;
  Result r = enqueue(handle->stream, [=]() -> Result {
    if (Result r = checkMatrix("cusolverDnDpotrf", "A", a, n, n, lda)) return r;
    if (Result r = checkVector("cusolverDnDpotrf", "workspace", work, workSize, 1)) return r;
    if (Result r = checkInfo("cusolverDnDpotrf", info)) return r;
    memset(work, 0xFF, sizeof(double) * static_cast<size_t>(workSize));
    *info = factor(n, a, lda, uplo == Lower);
    return Success;
  });
  return r == Success ? Ok : ExecutionFailed;
}

int cusolverDnDpotrs(uintptr_t h, int uplo, int n, int columns, const double* a, int lda, double* b,
                     int ldb, int* info) {
  std::lock_guard guard(lock());
  SolverHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (badShape(uplo, n, lda) || columns < 0 || ldb < std::max(1, n)) return BadValue;
  counter("cuSOLVER calls")++;
  Result r = enqueue(handle->stream, [=]() -> Result {
    if (Result r = checkMatrix("cusolverDnDpotrs", "A", a, n, n, lda)) return r;
    if (Result r = checkMatrix("cusolverDnDpotrs", "B", b, n, columns, ldb)) return r;
    if (Result r = checkInfo("cusolverDnDpotrs", info)) return r;
    // l lᵀ x = b, with l = the stored lower triangle or the transposed upper one.
    for (Index j = 0; j < columns; j++) {
      solveTriangle(n, view(a, lda, uplo == Upper), true, false, b + j * ldb, 1);
      solveTriangle(n, view(a, lda, uplo == Lower), false, false, b + j * ldb, 1);
    }
    *info = 0;
    return Success;
  });
  return r == Success ? Ok : ExecutionFailed;
}
}
