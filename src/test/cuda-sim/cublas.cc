// cuBLAS: the float64 routines that Relumax uses and their nearest relatives, each in its 32-bit
// and its 64-bit form. Arguments are checked as cuBLAS does; the work is done in the handle's
// stream, where operands are checked against device memory. Everything else is a stub.
#include "linear_algebra.h"

using namespace cudasim;

namespace {

enum Status { Ok = 0, HandleMissing = 1, BadValue = 7, ExecutionFailed = 13 };
enum PointerMode { Host = 0, Device = 1 };
enum Operation { N = 0, T = 1, C = 2 };
enum Fill { Lower = 0, Upper = 1 };
enum Side { Left = 0, Right = 1 };

struct BlasHandle {
  int device;
  uintptr_t stream = 0;
  int pointerMode = Host, mathMode = 0, atomics = 0;
};

std::map<uintptr_t, BlasHandle>& handles() {
  static auto* map = new std::map<uintptr_t, BlasHandle>;
  return *map;
}

BlasHandle* find(uintptr_t handle) {
  auto at = handles().find(handle);
  if (at == handles().end() || at->second.device != currentDevice()) return nullptr;
  return &at->second;
}

bool isOperation(int op) { return op >= N && op <= C; }

int done(Result r) { return r == Success ? Ok : ExecutionFailed; }

/** A scalar argument: read when called, or, in device pointer mode, when the work is done. */
struct Scalar {
  double value = 0;
  const double* later = nullptr;

  Scalar(const BlasHandle& handle, const double* p) {
    if (handle.pointerMode == Device) {
      later = p;
    } else {
      value = *p;
    }
  }

  Result get(const char* call, const char* name, double* out) const {
    if (later != nullptr)
      if (Result r = checkVector(call, name, later, 1, 1)) return r;
    *out = later != nullptr ? *later : value;
    return Success;
  }
};

/** Element i of a vector of n with any step, as BLAS counts them. */
template <typename V>
V* begin(V* x, Index n, Index inc) {
  return inc < 0 ? x - (n - 1) * inc : x;
}

int gemm(uintptr_t h, int opA, int opB, Index m, Index n, Index k, const double* alpha,
         const double* a, Index lda, const double* b, Index ldb, const double* beta, double* c,
         Index ldc) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  Index rowsA = opA == N ? m : k, rowsB = opB == N ? k : n;
  if (!isOperation(opA) || !isOperation(opB) || m < 0 || n < 0 || k < 0 ||
      lda < std::max<Index>(1, rowsA) || ldb < std::max<Index>(1, rowsB) ||
      ldc < std::max<Index>(1, m) || alpha == nullptr || beta == nullptr)
    return BadValue;
  if (m == 0 || n == 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar alphaArgument(*handle, alpha), betaArgument(*handle, beta);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha, beta;
    if (Result r = alphaArgument.get("cublasDgemm", "alpha", &alpha)) return r;
    if (Result r = betaArgument.get("cublasDgemm", "beta", &beta)) return r;
    if (Result r = checkMatrix("cublasDgemm", "A", a, rowsA, opA == N ? k : m, lda)) return r;
    if (Result r = checkMatrix("cublasDgemm", "B", b, rowsB, opB == N ? n : k, ldb)) return r;
    if (Result r = checkMatrix("cublasDgemm", "C", c, m, n, ldc)) return r;
    multiply(
        n, k, alpha, view(a, lda, opA != N), view(b, ldb, opB != N), beta, c, ldc,
        [](Index) -> Index { return 0; }, [=](Index) { return m; });
    return Success;
  }));
}

int syrk(uintptr_t h, int uplo, int op, Index n, Index k, const double* alpha, const double* a,
         Index lda, const double* beta, double* c, Index ldc) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if ((uplo != Lower && uplo != Upper) || !isOperation(op) || n < 0 || k < 0 ||
      lda < std::max<Index>(1, op == N ? n : k) || ldc < std::max<Index>(1, n) ||
      alpha == nullptr || beta == nullptr)
    return BadValue;
  if (n == 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar alphaArgument(*handle, alpha), betaArgument(*handle, beta);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha, beta;
    if (Result r = alphaArgument.get("cublasDsyrk", "alpha", &alpha)) return r;
    if (Result r = betaArgument.get("cublasDsyrk", "beta", &beta)) return r;
    if (Result r = checkMatrix("cublasDsyrk", "A", a, op == N ? n : k, op == N ? k : n, lda))
      return r;
    if (Result r = checkMatrix("cublasDsyrk", "C", c, n, n, ldc)) return r;
    multiply(
        n, k, alpha, view(a, lda, op != N), view(a, lda, op == N), beta, c, ldc,
        [=](Index j) { return uplo == Lower ? j : 0; },
        [=](Index j) { return uplo == Lower ? n : j + 1; });
    return Success;
  }));
}

int trsm(uintptr_t h, int side, int uplo, int op, int diagonal, Index m, Index n,
         const double* alpha, const double* a, Index lda, double* b, Index ldb) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  Index order = side == Left ? m : n;
  if ((side != Left && side != Right) || (uplo != Lower && uplo != Upper) || !isOperation(op) ||
      (diagonal != 0 && diagonal != 1) || m < 0 || n < 0 || lda < std::max<Index>(1, order) ||
      ldb < std::max<Index>(1, m) || alpha == nullptr)
    return BadValue;
  if (m == 0 || n == 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar alphaArgument(*handle, alpha);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha;
    if (Result r = alphaArgument.get("cublasDtrsm", "alpha", &alpha)) return r;
    if (Result r = checkMatrix("cublasDtrsm", "A", a, order, order, lda)) return r;
    if (Result r = checkMatrix("cublasDtrsm", "B", b, m, n, ldb)) return r;
    for (Index j = 0; j < n; j++)
      for (Index i = 0; i < m; i++) b[j * ldb + i] *= alpha;
    // x op(a) = b is op(a)ᵀ xᵀ = bᵀ.
    bool transposed = (op != N) != (side == Right);
    bool lower = (uplo == Lower) != transposed;
    for (Index s = 0; s < (side == Left ? n : m); s++)
      solveTriangle(order, view(a, lda, transposed), lower, diagonal == 1,
                    side == Left ? b + s * ldb : b + s, side == Left ? 1 : ldb);
    return Success;
  }));
}

int trsv(uintptr_t h, int uplo, int op, int diagonal, Index n, const double* a, Index lda,
         double* x, Index inc) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if ((uplo != Lower && uplo != Upper) || !isOperation(op) || (diagonal != 0 && diagonal != 1) ||
      n < 0 || lda < std::max<Index>(1, n) || inc == 0)
    return BadValue;
  if (n == 0) return Ok;
  counter("cuBLAS calls")++;
  return done(enqueue(handle->stream, [=]() -> Result {
    if (Result r = checkMatrix("cublasDtrsv", "A", a, n, n, lda)) return r;
    if (Result r = checkVector("cublasDtrsv", "x", x, n, inc)) return r;
    solveTriangle(n, view(a, lda, op != N), (uplo == Lower) != (op != N), diagonal == 1,
                  begin(x, n, inc), inc);
    return Success;
  }));
}

int gemv(uintptr_t h, int op, Index m, Index n, const double* alpha, const double* a, Index lda,
         const double* x, Index incX, const double* beta, double* y, Index incY) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (!isOperation(op) || m < 0 || n < 0 || lda < std::max<Index>(1, m) || incX == 0 || incY == 0 ||
      alpha == nullptr || beta == nullptr)
    return BadValue;
  if (m == 0 || n == 0) return Ok;
  counter("cuBLAS calls")++;
  Index rows = op == N ? m : n, columns = op == N ? n : m;
  Scalar alphaArgument(*handle, alpha), betaArgument(*handle, beta);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha, beta;
    if (Result r = alphaArgument.get("cublasDgemv", "alpha", &alpha)) return r;
    if (Result r = betaArgument.get("cublasDgemv", "beta", &beta)) return r;
    if (Result r = checkMatrix("cublasDgemv", "A", a, m, n, lda)) return r;
    if (Result r = checkVector("cublasDgemv", "x", x, columns, incX)) return r;
    if (Result r = checkVector("cublasDgemv", "y", y, rows, incY)) return r;
    View matrix = view(a, lda, op != N);
    const double* in = begin(x, columns, incX);
    double* out = begin(y, rows, incY);
    for (Index i = 0; i < rows; i++) {
      double sum = 0;
      for (Index j = 0; alpha != 0 && j < columns; j++) sum += matrix(i, j) * in[j * incX];
      double& yi = out[i * incY];
      yi = beta == 0 ? alpha * sum : alpha * sum + beta * yi;
    }
    return Success;
  }));
}

int geam(uintptr_t h, int opA, int opB, Index m, Index n, const double* alpha, const double* a,
         Index lda, const double* beta, const double* b, Index ldb, double* c, Index ldc) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  Index rowsA = opA == N ? m : n, rowsB = opB == N ? m : n;
  if (!isOperation(opA) || !isOperation(opB) || m < 0 || n < 0 || lda < std::max<Index>(1, rowsA) ||
      ldb < std::max<Index>(1, rowsB) || ldc < std::max<Index>(1, m) || alpha == nullptr ||
      beta == nullptr || (c == a && (opA != N || lda != ldc)) ||
      (c == b && (opB != N || ldb != ldc)))
    return BadValue;
  if (m == 0 || n == 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar alphaArgument(*handle, alpha), betaArgument(*handle, beta);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha, beta;
    if (Result r = alphaArgument.get("cublasDgeam", "alpha", &alpha)) return r;
    if (Result r = betaArgument.get("cublasDgeam", "beta", &beta)) return r;
    if (alpha != 0)
      if (Result r = checkMatrix("cublasDgeam", "A", a, rowsA, opA == N ? n : m, lda)) return r;
    if (beta != 0)
      if (Result r = checkMatrix("cublasDgeam", "B", b, rowsB, opB == N ? n : m, ldb)) return r;
    if (Result r = checkMatrix("cublasDgeam", "C", c, m, n, ldc)) return r;
    View left = view(a, lda, opA != N), right = view(b, ldb, opB != N);
    for (Index j = 0; j < n; j++)
      for (Index i = 0; i < m; i++)
        c[j * ldc + i] =
            (alpha == 0 ? 0 : alpha * left(i, j)) + (beta == 0 ? 0 : beta * right(i, j));
    return Success;
  }));
}

/** A reduction to one number, which goes to the host or to device memory. */
template <typename Compute>
int reduce(const char* call, uintptr_t h, Index n, double* result, Compute compute) {
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (result == nullptr) return BadValue;
  counter("cuBLAS calls")++;
  bool toDevice = handle->pointerMode == Device;
  Result r = enqueue(handle->stream, [=]() -> Result {
    if (toDevice)
      if (Result r = checkVector(call, "result", result, 1, 1)) return r;
    *result = 0;
    return n <= 0 ? Success : compute(result);
  });
  return done(r != Success || toDevice ? r : finishStream(handle->stream));
}

int dot(uintptr_t h, Index n, const double* x, Index incX, const double* y, Index incY,
        double* result) {
  std::lock_guard guard(lock());
  return reduce("cublasDdot", h, n, result, [=](double* out) -> Result {
    if (Result r = checkVector("cublasDdot", "x", x, n, incX)) return r;
    if (Result r = checkVector("cublasDdot", "y", y, n, incY)) return r;
    for (Index i = 0; i < n; i++) *out += begin(x, n, incX)[i * incX] * begin(y, n, incY)[i * incY];
    return Success;
  });
}

int nrm2(uintptr_t h, Index n, const double* x, Index inc, double* result) {
  std::lock_guard guard(lock());
  return reduce("cublasDnrm2", h, inc <= 0 ? 0 : n, result, [=](double* out) -> Result {
    if (Result r = checkVector("cublasDnrm2", "x", x, n, inc)) return r;
    double largest = 0;
    for (Index i = 0; i < n; i++) largest = std::fmax(largest, std::fabs(x[i * inc]));
    double unit = largest > 0 && std::isfinite(largest) ? largest : 1, sum = 0;
    for (Index i = 0; i < n; i++) sum += x[i * inc] / unit * (x[i * inc] / unit);
    *out = unit * std::sqrt(sum);
    return Success;
  });
}

int asum(uintptr_t h, Index n, const double* x, Index inc, double* result) {
  std::lock_guard guard(lock());
  return reduce("cublasDasum", h, inc <= 0 ? 0 : n, result, [=](double* out) -> Result {
    if (Result r = checkVector("cublasDasum", "x", x, n, inc)) return r;
    for (Index i = 0; i < n; i++) *out += std::fabs(x[i * inc]);
    return Success;
  });
}

int scal(uintptr_t h, Index n, const double* alpha, double* x, Index inc) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (alpha == nullptr) return BadValue;
  if (n <= 0 || inc <= 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar argument(*handle, alpha);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha;
    if (Result r = argument.get("cublasDscal", "alpha", &alpha)) return r;
    if (Result r = checkVector("cublasDscal", "x", x, n, inc)) return r;
    for (Index i = 0; i < n; i++) x[i * inc] *= alpha;
    return Success;
  }));
}

int axpy(uintptr_t h, Index n, const double* alpha, const double* x, Index incX, double* y,
         Index incY) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (alpha == nullptr) return BadValue;
  if (n <= 0) return Ok;
  counter("cuBLAS calls")++;
  Scalar argument(*handle, alpha);
  return done(enqueue(handle->stream, [=]() -> Result {
    double alpha;
    if (Result r = argument.get("cublasDaxpy", "alpha", &alpha)) return r;
    if (Result r = checkVector("cublasDaxpy", "x", x, n, incX)) return r;
    if (Result r = checkVector("cublasDaxpy", "y", y, n, incY)) return r;
    for (Index i = 0; i < n; i++)
      begin(y, n, incY)[i * incY] += alpha * begin(x, n, incX)[i * incX];
    return Success;
  }));
}

int copy(uintptr_t h, Index n, const double* x, Index incX, double* y, Index incY) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  if (handle == nullptr) return HandleMissing;
  if (n <= 0) return Ok;
  counter("cuBLAS calls")++;
  return done(enqueue(handle->stream, [=]() -> Result {
    if (Result r = checkVector("cublasDcopy", "x", x, n, incX)) return r;
    if (Result r = checkVector("cublasDcopy", "y", y, n, incY)) return r;
    for (Index i = 0; i < n; i++) begin(y, n, incY)[i * incY] = begin(x, n, incX)[i * incX];
    return Success;
  }));
}

/** Sets or gets a property of a handle. */
template <typename Use>
int withHandle(uintptr_t h, Use use) {
  std::lock_guard guard(lock());
  BlasHandle* handle = find(h);
  return handle == nullptr ? static_cast<int>(HandleMissing) : static_cast<int>(use(*handle));
}

}  // namespace

extern "C" {

int cublasCreate_v2(uintptr_t* handle) {
  std::lock_guard guard(lock());
  if (handle == nullptr) return BadValue;
  if (currentDevice() < 0) return HandleMissing;
  if (injectedFailure("CUBLAS_CREATE")) return 3;  // ALLOC_FAILED
  static uintptr_t last = 0x52000000;
  *handle = last += 16;
  handles()[*handle].device = currentDevice();
  counter("live cuBLAS handles")++;
  return Ok;
}

int cublasDestroy_v2(uintptr_t handle) {
  std::lock_guard guard(lock());
  if (handles().erase(handle) == 0) return HandleMissing;
  counter("live cuBLAS handles")--;
  return Ok;
}

int cublasGetVersion_v2(uintptr_t, int* version) {
  *version = 120600;
  return Ok;
}

int cublasGetProperty(int which, int* value) {
  const int version[] = {12, 6, 0};
  if (which < 0 || which > 2) return BadValue;
  *value = version[which];
  return Ok;
}

size_t cublasGetCudartVersion() { return 12060; }

int cublasSetStream_v2(uintptr_t h, uintptr_t stream) {
  return withHandle(h, [=](BlasHandle& handle) {
    if (!isStream(stream)) return BadValue;
    handle.stream = stream;
    return Ok;
  });
}
int cublasGetStream_v2(uintptr_t h, uintptr_t* stream) {
  return withHandle(h, [=](BlasHandle& handle) {
    *stream = handle.stream;
    return Ok;
  });
}
int cublasSetWorkspace_v2(uintptr_t h, void* workspace, size_t bytes) {
  return withHandle(h, [=](BlasHandle&) {
    return bytes == 0 || outside(reinterpret_cast<uintptr_t>(workspace), bytes).empty() ? Ok
                                                                                        : BadValue;
  });
}

#define CUDASIM_PROPERTY(name, set, get)           \
  int set(uintptr_t h, int value) {                \
    return withHandle(h, [=](BlasHandle& handle) { \
      handle.name = value;                         \
      return Ok;                                   \
    });                                            \
  }                                                \
  int get(uintptr_t h, int* value) {               \
    return withHandle(h, [=](BlasHandle& handle) { \
      *value = handle.name;                        \
      return Ok;                                   \
    });                                            \
  }
CUDASIM_PROPERTY(pointerMode, cublasSetPointerMode_v2, cublasGetPointerMode_v2)
CUDASIM_PROPERTY(mathMode, cublasSetMathMode, cublasGetMathMode)
CUDASIM_PROPERTY(atomics, cublasSetAtomicsMode, cublasGetAtomicsMode)

const char* cublasGetStatusName(int status) {
  switch (status) {
    case 0:
      return "CUBLAS_STATUS_SUCCESS";
    case 1:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case 3:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case 7:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case 13:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case 15:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "unknown cuBLAS status";
  }
}
const char* cublasGetStatusString(int status) { return cublasGetStatusName(status); }

#define CUDASIM_BOTH(name, function, parameters32, parameters64, ...) \
  int name parameters32 { return function(__VA_ARGS__); }             \
  int name##_64 parameters64 { return function(__VA_ARGS__); }
#define P(...) (__VA_ARGS__)

CUDASIM_BOTH(cublasDgemm_v2, gemm,
             P(uintptr_t h, int opA, int opB, int m, int n, int k, const double* alpha,
               const double* a, int lda, const double* b, int ldb, const double* beta, double* c,
               int ldc),
             P(uintptr_t h, int opA, int opB, Index m, Index n, Index k, const double* alpha,
               const double* a, Index lda, const double* b, Index ldb, const double* beta,
               double* c, Index ldc),
             h, opA, opB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
CUDASIM_BOTH(cublasDsyrk_v2, syrk,
             P(uintptr_t h, int uplo, int op, int n, int k, const double* alpha, const double* a,
               int lda, const double* beta, double* c, int ldc),
             P(uintptr_t h, int uplo, int op, Index n, Index k, const double* alpha,
               const double* a, Index lda, const double* beta, double* c, Index ldc),
             h, uplo, op, n, k, alpha, a, lda, beta, c, ldc)
CUDASIM_BOTH(cublasDtrsm_v2, trsm,
             P(uintptr_t h, int side, int uplo, int op, int diagonal, int m, int n,
               const double* alpha, const double* a, int lda, double* b, int ldb),
             P(uintptr_t h, int side, int uplo, int op, int diagonal, Index m, Index n,
               const double* alpha, const double* a, Index lda, double* b, Index ldb),
             h, side, uplo, op, diagonal, m, n, alpha, a, lda, b, ldb)
CUDASIM_BOTH(cublasDtrsv_v2, trsv,
             P(uintptr_t h, int uplo, int op, int diagonal, int n, const double* a, int lda,
               double* x, int inc),
             P(uintptr_t h, int uplo, int op, int diagonal, Index n, const double* a, Index lda,
               double* x, Index inc),
             h, uplo, op, diagonal, n, a, lda, x, inc)
CUDASIM_BOTH(cublasDgemv_v2, gemv,
             P(uintptr_t h, int op, int m, int n, const double* alpha, const double* a, int lda,
               const double* x, int incX, const double* beta, double* y, int incY),
             P(uintptr_t h, int op, Index m, Index n, const double* alpha, const double* a,
               Index lda, const double* x, Index incX, const double* beta, double* y, Index incY),
             h, op, m, n, alpha, a, lda, x, incX, beta, y, incY)
CUDASIM_BOTH(cublasDgeam, geam,
             P(uintptr_t h, int opA, int opB, int m, int n, const double* alpha, const double* a,
               int lda, const double* beta, const double* b, int ldb, double* c, int ldc),
             P(uintptr_t h, int opA, int opB, Index m, Index n, const double* alpha,
               const double* a, Index lda, const double* beta, const double* b, Index ldb,
               double* c, Index ldc),
             h, opA, opB, m, n, alpha, a, lda, beta, b, ldb, c, ldc)
CUDASIM_BOTH(cublasDdot_v2, dot,
             P(uintptr_t h, int n, const double* x, int incX, const double* y, int incY,
               double* result),
             P(uintptr_t h, Index n, const double* x, Index incX, const double* y, Index incY,
               double* result),
             h, n, x, incX, y, incY, result)
CUDASIM_BOTH(cublasDnrm2_v2, nrm2, P(uintptr_t h, int n, const double* x, int inc, double* result),
             P(uintptr_t h, Index n, const double* x, Index inc, double* result), h, n, x, inc,
             result)
CUDASIM_BOTH(cublasDasum_v2, asum, P(uintptr_t h, int n, const double* x, int inc, double* result),
             P(uintptr_t h, Index n, const double* x, Index inc, double* result), h, n, x, inc,
             result)
CUDASIM_BOTH(cublasDscal_v2, scal, P(uintptr_t h, int n, const double* alpha, double* x, int inc),
             P(uintptr_t h, Index n, const double* alpha, double* x, Index inc), h, n, alpha, x,
             inc)
CUDASIM_BOTH(cublasDaxpy_v2, axpy,
             P(uintptr_t h, int n, const double* alpha, const double* x, int incX, double* y,
               int incY),
             P(uintptr_t h, Index n, const double* alpha, const double* x, Index incX, double* y,
               Index incY),
             h, n, alpha, x, incX, y, incY)
CUDASIM_BOTH(cublasDcopy_v2, copy,
             P(uintptr_t h, int n, const double* x, int incX, double* y, int incY),
             P(uintptr_t h, Index n, const double* x, Index incX, double* y, Index incY), h, n, x,
             incX, y, incY)
}
