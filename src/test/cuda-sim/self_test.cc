// The simulator's own test, native: what is right runs, what is wrong is caught and named.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

using Handle = uintptr_t;
extern "C" {
int cuInit(unsigned);
int cuDeviceGetCount(int*);
int cuDeviceGet(int*, int);
int cuDeviceGetName(char*, int, int);
int cuDeviceGetAttribute(int*, int, int);
int cuDevicePrimaryCtxRetain(Handle*, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuCtxSetCurrent(Handle);
int cuCtxSynchronize();
int cuMemGetInfo_v2(size_t*, size_t*);
int cuMemAlloc_v2(uintptr_t*, size_t);
int cuMemFree_v2(uintptr_t);
int cuMemAllocHost_v2(void**, size_t);
int cuMemFreeHost(void*);
int cuMemcpyHtoD_v2(uintptr_t, const void*, size_t);
int cuMemcpyDtoH_v2(void*, uintptr_t, size_t);
int cuMemcpyDtoHAsync_v2(void*, uintptr_t, size_t, Handle);
int cuMemcpyDtoDAsync_v2(uintptr_t, uintptr_t, size_t, Handle);
int cuMemsetD8Async(uintptr_t, unsigned char, size_t, Handle);
int cuStreamCreate(Handle*, unsigned);
int cuStreamDestroy_v2(Handle);
int cuStreamSynchronize(Handle);
int cuStreamQuery(Handle);
int cuStreamWaitEvent(Handle, Handle, unsigned);
int cuEventCreate(Handle*, unsigned);
int cuEventRecord(Handle, Handle);
int cuEventDestroy_v2(Handle);
int cuModuleLoadData(Handle*, const void*);
int cuModuleUnload(Handle);
int cuModuleGetFunction(Handle*, Handle, const char*);
int cuFuncGetAttribute(int*, int, Handle);
int cuFuncSetAttribute(Handle, int, int);
int cuLaunchKernel(Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                   Handle, void**, void**);
int cuGetErrorName(int, const char**);
int cuTexObjectDestroy(Handle);
int nvrtcCreateProgram(Handle*, const char*, const char*, int, const char* const*,
                       const char* const*);
int nvrtcCompileProgram(Handle, int, const char* const*);
int nvrtcGetProgramLog(Handle, char*);
int nvrtcGetProgramLogSize(Handle, size_t*);
int nvrtcGetCUBINSize(Handle, size_t*);
int nvrtcGetCUBIN(Handle, char*);
int nvrtcDestroyProgram(Handle*);
int cublasCreate_v2(Handle*);
int cublasDestroy_v2(Handle);
int cublasSetStream_v2(Handle, Handle);
int cublasSetPointerMode_v2(Handle, int);
int cublasDgemm_v2(Handle, int, int, int, int, int, const double*, const double*, int,
                   const double*, int, const double*, double*, int);
int cublasDsyrk_v2(Handle, int, int, int, int, const double*, const double*, int, const double*,
                   double*, int);
int cublasDtrsm_v2(Handle, int, int, int, int, int, int, const double*, const double*, int, double*,
                   int);
int cublasDnrm2_v2(Handle, int, const double*, int, double*);
int cublasDgemv_v2_64(Handle, int, int64_t, int64_t, const double*, const double*, int64_t,
                      const double*, int64_t, const double*, double*, int64_t);
int cublasSgemm_v2(Handle);
int cusolverDnCreate(Handle*);
int cusolverDnDestroy(Handle);
int cusolverDnDpotrf_bufferSize(Handle, int, int, double*, int, int*);
int cusolverDnDpotrf(Handle, int, int, double*, int, double*, int, int*);
int cusolverDnDpotrs(Handle, int, int, int, const double*, int, double*, int, int*);
void cudasim_set(const char*, const char*);
uint64_t cudasim_counter(const char*);
const char* cudasim_message();
}

namespace {

int passed = 0, failed = 0;
const char* testName = "";

void expectThat(bool condition, const std::string& what, int line) {
  if (condition) {
    passed++;
  } else {
    failed++;
    printf("%s, self_test.cc:%d: %s\n", testName, line, what.c_str());
  }
}
#define EXPECT(condition) expectThat((condition), #condition, __LINE__)
#define EXPECT_EQUAL(actual, expected) expectEqual((actual), (expected), #actual, __LINE__)

template <typename A, typename E>
void expectEqual(A actual, E expected, const char* what, int line) {
  expectThat(
      actual == static_cast<A>(expected),
      std::string(what) + " is " + std::to_string(actual) + ", not " + std::to_string(expected),
      line);
}

void expectMessage(const std::string& part, int line) {
  std::string message = cudasim_message();
  expectThat(message.find(part) != std::string::npos,
             "the message \"" + message + "\" has no \"" + part + "\"", line);
}
#define EXPECT_MESSAGE(part) expectMessage(part, __LINE__)

std::string text(const std::string& file) {
  std::ifstream in("test-kernels/" + file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

/** "wrong.cu:12" for the line that is marked as a mistake. */
std::string markedLine(const std::string& mistake) {
  std::string all = text("wrong.cu");
  size_t at = all.find("// mistake: " + mistake + "\n");
  if (at == std::string::npos) return "no mark for " + mistake;
  long lines = 1;
  for (size_t i = 0; i < at; i++) lines += all[i] == '\n';
  return "wrong.cu:" + std::to_string(lines);
}

std::string compile(const std::string& file, const std::string& source, int* result,
                    const char* option = "--gpu-architecture=sm_80") {
  Handle program;
  nvrtcCreateProgram(&program, source.c_str(), file.c_str(), 0, nullptr, nullptr);
  *result = nvrtcCompileProgram(program, 1, &option);
  size_t size = 0;
  std::string out;
  if (*result == 0) {
    nvrtcGetCUBINSize(program, &size);
    out.resize(size);
    nvrtcGetCUBIN(program, out.data());
  } else {
    nvrtcGetProgramLogSize(program, &size);
    out.resize(size);
    nvrtcGetProgramLog(program, out.data());
  }
  nvrtcDestroyProgram(&program);
  return out;
}

Handle function(const std::string& file, const char* name) {
  int result;
  std::string image = compile(file, text(file), &result);
  EXPECT_EQUAL(result, 0);
  Handle module = 0, f = 0;
  EXPECT_EQUAL(cuModuleLoadData(&module, image.c_str()), 0);
  EXPECT_EQUAL(cuModuleGetFunction(&f, module, name), 0);
  return f;
}

template <typename T>
uintptr_t upload(const std::vector<T>& values) {
  uintptr_t at = 0;
  EXPECT_EQUAL(cuMemAlloc_v2(&at, values.size() * sizeof(T)), 0);
  EXPECT_EQUAL(cuMemcpyHtoD_v2(at, values.data(), values.size() * sizeof(T)), 0);
  return at;
}

template <typename T>
std::vector<T> download(uintptr_t at, size_t count) {
  std::vector<T> values(count);
  EXPECT_EQUAL(cuMemcpyDtoH_v2(values.data(), at, count * sizeof(T)), 0);
  return values;
}

template <typename... A>
int launch(Handle f, unsigned grid, unsigned block, unsigned shared, Handle stream,
           A... arguments) {
  void* pointers[] = {&arguments..., nullptr};
  return cuLaunchKernel(f, grid, 1, 1, block, 1, 1, shared, stream, pointers, nullptr);
}

/** Runs a kernel of wrong.cu, which has to end with the error at the marked line. */
template <typename... A>
void expectCaught(const char* kernel, unsigned block, int error, const char* message,
                  A... arguments) {
  EXPECT_EQUAL(launch(function("wrong.cu", kernel), 1, block, 0, 0, arguments...), 0);
  EXPECT_EQUAL(cuCtxSynchronize(), error);
  EXPECT_MESSAGE(std::string("kernel ") + kernel);
  EXPECT_MESSAGE(message);
  EXPECT_MESSAGE(markedLine(kernel));
  EXPECT_EQUAL(cuCtxSynchronize(), error);  // sticks
}

Handle context;
uintptr_t someMemory(size_t bytes = 64 * 8) {
  uintptr_t at = 0;
  EXPECT_EQUAL(cuMemAlloc_v2(&at, bytes), 0);
  return at;
}

// Tests

void devices() {
  int count = 0, value = 0, device = 0;
  char name[100];
  cuDeviceGetCount(&count);
  EXPECT_EQUAL(count, 2);
  EXPECT_EQUAL(cuDeviceGet(&device, 2), 101);
  cuDeviceGetName(name, 100, 1);
  EXPECT(std::string(name).find("simulator") != std::string::npos);
  cuDeviceGetAttribute(&value, 75, 1);
  EXPECT_EQUAL(value, 8);
  cudasim_set("DEVICES", "0");
  EXPECT_EQUAL(cuInit(0), 100);
  cudasim_set("DEVICES", "5");
  cuDeviceGetCount(&count);
  EXPECT_EQUAL(count, 5);
}

void memoryLimitAndPoison() {
  size_t before, free, total;
  cudasim_set("MEMORY", "1M");
  cuMemGetInfo_v2(&before, &total);
  EXPECT_EQUAL(total, 1u << 20);
  uintptr_t a = 0, b = 0;
  EXPECT_EQUAL(cuMemAlloc_v2(&a, 1000), 0);
  EXPECT_EQUAL(a % 256, 0u);
  cuMemGetInfo_v2(&free, &total);
  EXPECT_EQUAL(before - free, 1024u);
  EXPECT_EQUAL(cuMemAlloc_v2(&b, 1 << 20), 2);
  EXPECT_EQUAL(cuMemAlloc_v2(&b, 0), 1);
  EXPECT(std::isnan(download<double>(a, 1)[0]));
  EXPECT_EQUAL(cuMemFree_v2(a), 0);
  EXPECT_EQUAL(cuMemFree_v2(a), 1);
  EXPECT_MESSAGE("freed");
  cuMemGetInfo_v2(&free, &total);
  EXPECT_EQUAL(free, before);
}

void copiesAreChecked() {
  uintptr_t a = someMemory(80);
  double host[20] = {};
  EXPECT_EQUAL(cuMemcpyHtoD_v2(a, host, 88), 1);
  EXPECT_MESSAGE("pass the end");
  EXPECT_EQUAL(cuMemcpyHtoD_v2(reinterpret_cast<uintptr_t>(host), host, 8), 1);
  EXPECT_EQUAL(cuMemcpyDtoH_v2(reinterpret_cast<void*>(a), a, 8), 1);
  EXPECT_MESSAGE("not host memory");
  cuMemFree_v2(a);
  EXPECT_EQUAL(cuMemcpyDtoH_v2(host, a, 8), 1);
  EXPECT_MESSAGE("freed");
}

void rightKernels() {
  for (const char* order : {"forward", "reverse", "shuffle:1", "shuffle:2"}) {
    cudasim_set("ORDER", order);
    std::vector<double> x(1000);
    for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<double>(i);
    uintptr_t xs = upload(x), out = someMemory(4 * 8);
    EXPECT_EQUAL(launch(function("right.cu", "blockSum"), 4, 256, 0, 0, xs, 1000LL, out), 0);
    std::vector<double> sums = download<double>(out, 4);
    EXPECT_EQUAL(sums[0], 255.0 * 256 / 2);
    EXPECT_EQUAL(sums[0] + sums[1] + sums[2] + sums[3], 999.0 * 1000 / 2);

    uintptr_t lanes = someMemory(288 * 4);
    EXPECT_EQUAL(launch(function("right.cu", "warpOperations"), 1, 32, 0, 0, lanes), 0);
    std::vector<int> w = download<int>(lanes, 288);
    for (int i = 0; i < 32; i++) {
      EXPECT_EQUAL(w[i], 5);
      EXPECT_EQUAL(w[32 + i], i < 3 ? i : i - 3);
      EXPECT_EQUAL(w[64 + i], i + 3 < 32 ? i + 3 : i);
      EXPECT_EQUAL(w[96 + i], i ^ 7);
      EXPECT_EQUAL(w[128 + i], i % 8 + 3 < 8 ? i + 3 : i);
      EXPECT_EQUAL(w[160 + i], 11);
      EXPECT_EQUAL(w[192 + i], 1);
      EXPECT_EQUAL(static_cast<unsigned>(w[224 + i]), 0x11111111u << (i % 4));
      EXPECT_EQUAL(static_cast<unsigned>(w[256 + i]),
                   i < 8 ? static_cast<unsigned>(i ^ 1) : 0x55555500u);
    }

    struct {
      double a;
      int b;
    } pair = {0.5, 6};
    std::vector<double> pairs(20);
    for (size_t i = 0; i < 20; i++) pairs[i] = static_cast<double>(i);
    uintptr_t ps = upload(pairs), mixed = someMemory(80), count = upload<unsigned>({0});
    unsigned char c = 2;
    EXPECT_EQUAL(
        launch(function("right.cu", "mixed"), 1, 10, 80, 0, pair, 0.25f, c, ps, mixed, count), 0);
    std::vector<double> m = download<double>(mixed, 10);
    for (size_t i = 0; i < 10; i++)
      EXPECT_EQUAL(m[i], pairs[2 * (9 - i)] * pairs[2 * (9 - i) + 1] + 3 + 0.25 + 2 + 5);
    EXPECT_EQUAL(download<unsigned>(count, 1)[0], 10u);

    uintptr_t integers = someMemory(40);
    EXPECT_EQUAL(launch(function("right.cu", "integers"), 1, 1, 0, 0, integers), 0);
    std::vector<uint64_t> n = download<uint64_t>(integers, 5);
    EXPECT_EQUAL(n[0], (0xdeadbeefULL * 0xcafebabeULL) >> 32);
    EXPECT_EQUAL(
        n[1], static_cast<uint64_t>(
                  (static_cast<unsigned __int128>(0xdeadbeefcafebabe) * 0x123456789abcdef1) >> 64));
    EXPECT_EQUAL(n[2], 5u + 3100u + 320000u);
    EXPECT_EQUAL(n[3], 0xbff8000000000000u);
    EXPECT_EQUAL(n[4], 1u);

    uintptr_t places = someMemory(2 * 3 * 4 * 5 * 3 * 2 * 4);
    uintptr_t copy = places;
    void* arguments[] = {&copy};
    EXPECT_EQUAL(
        cuLaunchKernel(function("right.cu", "places"), 2, 3, 4, 5, 3, 2, 0, 0, arguments, nullptr),
        0);
    std::vector<unsigned> p = download<unsigned>(places, 720);
    for (unsigned i = 0; i < 720; i++) EXPECT_EQUAL(p[i], i);
  }
}

void orderShowsRaces() {
  Handle f = function("wrong.cu", "lastOneWins");
  uintptr_t out = someMemory();
  launch(f, 4, 64, 0, 0, out);
  EXPECT_EQUAL(download<double>(out, 1)[0], 255.0);
  cudasim_set("ORDER", "reverse");
  launch(f, 4, 64, 0, 0, out);
  EXPECT_EQUAL(download<double>(out, 1)[0], 0.0);
  cudasim_set("ORDER", "shuffle:7");
  launch(f, 4, 64, 0, 0, out);
  double first = download<double>(out, 1)[0];
  launch(f, 4, 64, 0, 0, out);
  EXPECT_EQUAL(download<double>(out, 1)[0], first);
}

void unwrittenOutputIsNaN() {
  uintptr_t out = someMemory();
  launch(function("wrong.cu", "forgetsOne"), 1, 8, 0, 0, out);
  std::vector<double> v = download<double>(out, 8);
  EXPECT(std::isnan(v[3]));
  EXPECT_EQUAL(v[4], 1.0);
  launch(function("wrong.cu", "unwrittenShared"), 1, 64, 0, 0, out);
  for (int round = 0; round < 2; round++) {
    launch(function("wrong.cu", "unwrittenShared"), 2, 64, 0, 0, out);
    v = download<double>(out, 2);
    EXPECT(std::isnan(v[0]));
    EXPECT_EQUAL(v[1], 1.0);
  }
}

void pastTheEnd() { expectCaught("pastTheEnd", 65, 700, "past the end", someMemory(), 64LL); }
void beforeTheStart() {
  expectCaught("beforeTheStart", 32, 700, "8 bytes before", someMemory(), someMemory());
}
void missingBarrier() { expectCaught("missingBarrier", 64, 719, "race", someMemory()); }
void missingBarrierInTemplate() {
  expectCaught("missingBarrierInTemplate", 64, 719, "race", someMemory());
}
void missingSecondBarrier() { expectCaught("missingSecondBarrier", 64, 719, "race", someMemory()); }
void halfReachTheBarrier() {
  expectCaught("halfReachTheBarrier", 64, 719, "threads 32..63 have returned", someMemory());
}
void twoBarriers() { expectCaught("twoBarriers", 64, 719, "no thread can go on", someMemory()); }
void laneStaysAway() {
  expectCaught("laneStaysAway", 64, 719, "in a warp operation with mask 0xffffffff", someMemory());
}
void maskWithoutItself() {
  expectCaught("maskWithoutItself", 32, 719, "leaves out the thread itself", someMemory());
}
void indexPastTheArray() {
  expectCaught("indexPastTheArray", 4, 719, "index outside the array", someMemory(), 1);
}
void intOverflow() {
  expectCaught("intOverflow", 1, 719, "signed overflow", someMemory(), 1 << 20, 1 << 20);
}
void misaligned() { expectCaught("misaligned", 1, 716, "not aligned", someMemory(), someMemory()); }
void nullPointer() {
  expectCaught("nullPointer", 1, 700, "null pointer", someMemory(), uintptr_t{0});
}
void failedAssertion() { expectCaught("failedAssertion", 1, 710, "out == nullptr", someMemory()); }

void useAfterFree() {
  uintptr_t x = someMemory(), y = someMemory();
  Handle axpy = function("axpy.cu", "axpy");
  cuMemFree_v2(x);
  EXPECT_EQUAL(launch(axpy, 1, 64, 0, 0, 1.0, x, y, 64LL), 0);
  EXPECT_EQUAL(cuCtxSynchronize(), 700);
  EXPECT_MESSAGE("argument 1: ");
  EXPECT_MESSAGE("freed");
}

void pointersOfHostOrOtherDevice() {
  double host[64];
  Handle axpy = function("axpy.cu", "axpy"), other;
  uintptr_t y = someMemory();
  EXPECT_EQUAL(launch(axpy, 1, 64, 0, 0, 1.0, static_cast<double*>(host), y, 64LL), 0);
  EXPECT_EQUAL(cuCtxSynchronize(), 700);
  EXPECT_MESSAGE("no device address");
  cuDevicePrimaryCtxRetain(&other, 1);
  cuCtxSetCurrent(other);
  EXPECT_EQUAL(launch(axpy, 1, 64, 0, 0, 1.0, y, y, 64LL), 400);
  EXPECT_MESSAGE("another context");
  EXPECT_EQUAL(launch(function("axpy.cu", "axpy"), 1, 64, 0, 0, 1.0, y, y, 64LL), 0);
  EXPECT_EQUAL(cuCtxSynchronize(), 700);
  EXPECT_MESSAGE("memory of device 0");
  cuDevicePrimaryCtxRelease_v2(1);
}

void launchLimits() {
  Handle f = function("right.cu", "places"), bounded = function("right.cu", "blockSum");
  uintptr_t out = someMemory();
  void* arguments[] = {&out, &out, &out};
  auto go = [&](unsigned gx, unsigned gy, unsigned bx, unsigned bz, unsigned shared) {
    return cuLaunchKernel(f, gx, gy, 1, bx, 1, bz, shared, 0, arguments, nullptr);
  };
  EXPECT_EQUAL(go(1, 1, 1025, 1, 0), 1);
  EXPECT_MESSAGE("1024 threads");
  EXPECT_EQUAL(go(1, 1, 33, 32, 0), 1);
  EXPECT_EQUAL(go(1, 1, 1, 65, 0), 1);
  EXPECT_EQUAL(go(1, 65536, 1, 1, 0), 1);
  EXPECT_EQUAL(go(1u << 31, 1, 1, 1, 0), 1);
  EXPECT_EQUAL(go(0, 1, 1, 1, 0), 1);
  EXPECT_EQUAL(go(1, 1, 1, 1, 48 << 10), 1);  // with the file's static shared memory
  EXPECT_MESSAGE("shared memory");
  EXPECT_EQUAL(cuFuncSetAttribute(f, 8, 100 << 10), 0);
  EXPECT_EQUAL(go(1, 1, 1, 1, 48 << 10), 0);
  EXPECT_EQUAL(launch(bounded, 1, 512, 0, 0, out, 1LL, out), 1);
  EXPECT_MESSAGE("__launch_bounds__");
  EXPECT_EQUAL(launch(uintptr_t{0}, 1, 1, 0, 0, out), 400);
  EXPECT_EQUAL(launch(f, 1, 1, 0, Handle{12345}, out), 400);
  Handle stream;
  cuStreamCreate(&stream, 1);
  cuStreamDestroy_v2(stream);
  EXPECT_EQUAL(launch(f, 1, 1, 0, stream, out), 400);
  cuCtxSetCurrent(0);
  EXPECT_EQUAL(launch(f, 1, 1, 0, 0, out), 201);
  cuCtxSetCurrent(context);
  int threads = 0;
  cuFuncGetAttribute(&threads, 0, bounded);
  EXPECT_EQUAL(threads, 256);
  EXPECT_EQUAL(cuCtxSynchronize(), 0);
}

void streamsAreLazy() {
  void* host = nullptr;
  EXPECT_EQUAL(cuMemAllocHost_v2(&host, 8), 0);
  double& value = *static_cast<double*>(host);
  uintptr_t a = upload<double>({1}), b = upload<double>({2});
  Handle first, second, event;
  cuStreamCreate(&first, 1);
  cuStreamCreate(&second, 1);
  cuEventCreate(&event, 2);
  value = -1;
  // Nothing was waited for: nothing is there.
  cuMemcpyDtoHAsync_v2(host, a, 8, first);
  EXPECT_EQUAL(value, -1.0);
  EXPECT_EQUAL(cuStreamQuery(first), 600);
  EXPECT_EQUAL(cuStreamSynchronize(first), 0);
  EXPECT_EQUAL(value, 1.0);
  EXPECT_EQUAL(cuStreamQuery(first), 0);
  // Another stream does not wait for the first one,
  cuMemcpyDtoDAsync_v2(a, b, 8, first);
  cuMemcpyDtoHAsync_v2(host, a, 8, second);
  cuStreamSynchronize(second);
  EXPECT_EQUAL(value, 1.0);
  // but for an event in it,
  cuEventRecord(event, first);
  cuStreamWaitEvent(second, event, 0);
  cuMemcpyDtoHAsync_v2(host, a, 8, second);
  cuStreamSynchronize(second);
  EXPECT_EQUAL(value, 2.0);
  // and the default stream does not wait for non-blocking ones.
  cuMemsetD8Async(a, 0, 8, first);
  EXPECT_EQUAL(download<double>(a, 1)[0], 2.0);
  EXPECT_EQUAL(cuCtxSynchronize(), 0);
  EXPECT_EQUAL(download<double>(a, 1)[0], 0.0);
  // Arguments are those at the time of the call.
  double factor = 3;
  long long one = 1;
  void* arguments[] = {&factor, &b, &a, &one};
  cuLaunchKernel(function("axpy.cu", "axpy"), 1, 1, 1, 32, 1, 1, 0, first, arguments, nullptr);
  factor = 100;
  cuStreamSynchronize(first);
  EXPECT_EQUAL(download<double>(a, 1)[0], 6.0);
  cuEventDestroy_v2(event);
  cuStreamDestroy_v2(first);
  cuStreamDestroy_v2(second);
  cuMemFreeHost(host);
}

void compiling() {
  int result;
  std::string source = text("axpy.cu");
  std::string image = compile("axpy.cu", source, &result);
  EXPECT_EQUAL(result, 0);
  std::string log = compile("axpy.cu", "not C++ at all {{{", &result);
  EXPECT_EQUAL(result, 6);
  EXPECT(log.find("axpy.cu(1): error") != std::string::npos);
  compile("axpy.cu", source + "\n", &result);
  EXPECT_EQUAL(result, 6);
  compile("unknown.cu", source, &result);
  EXPECT_EQUAL(result, 6);
  compile("axpy.cu", source, &result, "--no-such-option");
  EXPECT_EQUAL(result, 5);
  Handle module, f;
  std::string damaged = image;
  damaged[20] ^= 1;
  EXPECT_EQUAL(cuModuleLoadData(&module, damaged.c_str()), 200);
  EXPECT_EQUAL(cuModuleLoadData(&module, image.substr(0, 30).c_str()), 200);
  EXPECT_EQUAL(cuModuleLoadData(&module, "garbage"), 200);
  EXPECT_EQUAL(cuModuleLoadData(&module, image.c_str()), 0);
  EXPECT_EQUAL(cuModuleGetFunction(&f, module, "nothing"), 500);
  EXPECT_EQUAL(cuModuleGetFunction(&f, module, "axpy"), 0);
  EXPECT_EQUAL(cuModuleUnload(module), 0);
  uintptr_t out = someMemory();
  EXPECT_EQUAL(launch(f, 1, 1, 0, 0, 1.0, out, out, 1LL), 400);
}

void failuresOnDemand() {
  uintptr_t a = 0;
  cudasim_set("FAIL_ALLOC", "2");
  EXPECT_EQUAL(cuMemAlloc_v2(&a, 8), 0);
  EXPECT_EQUAL(cuMemAlloc_v2(&a, 8), 2);
  EXPECT_EQUAL(cuMemAlloc_v2(&a, 8), 0);
  cudasim_set("FAIL_LAUNCH", "1");
  Handle f = function("wrong.cu", "lastOneWins");
  EXPECT_EQUAL(launch(f, 1, 1, 0, 0, a), 719);
  EXPECT_EQUAL(launch(f, 1, 1, 0, 0, a), 0);
  EXPECT_EQUAL(cuTexObjectDestroy(1), 801);
  EXPECT_MESSAGE("cuTexObjectDestroy is not simulated");
}

/** Products by their definition, for comparison. */
std::vector<double> product(int m, int n, int k, const std::function<double(int, int)>& a,
                            const std::function<double(int, int)>& b) {
  std::vector<double> c(static_cast<size_t>(m * n));
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++)
      for (int l = 0; l < k; l++) c[j * m + i] += a(i, l) * b(l, j);
  return c;
}

std::vector<double> numbers(size_t count, double seed) {
  std::vector<double> x(count);
  for (size_t i = 0; i < count; i++) x[i] = std::sin(seed + 1.7 * static_cast<double>(i));
  return x;
}

void expectNear(const std::vector<double>& actual, const std::vector<double>& expected, int line) {
  double worst = 0;
  for (size_t i = 0; i < expected.size(); i++)
    worst = std::fmax(worst, std::isnan(actual[i]) ? 1e9 : std::fabs(actual[i] - expected[i]));
  expectThat(actual.size() == expected.size() && worst < 1e-12, "off by " + std::to_string(worst),
             line);
}

void cublas() {
  Handle handle;
  double one = 1, zero = 0, two = 2;
  EXPECT_EQUAL(cublasCreate_v2(&handle), 0);
  for (int m : {1, 3, 600}) {
    for (int opA : {0, 1}) {
      for (int opB : {0, 1}) {
        int n = 5, k = 7, lda = (opA == 0 ? m : k) + 2, ldb = (opB == 0 ? k : n) + 1;
        std::vector<double> a = numbers(static_cast<size_t>(lda) * (opA == 0 ? k : m), 1),
                            b = numbers(static_cast<size_t>(ldb) * (opB == 0 ? n : k), 2);
        uintptr_t as = upload(a), bs = upload(b), cs = someMemory(m * n * 8);
        double *pa = reinterpret_cast<double*>(as), *pb = reinterpret_cast<double*>(bs),
               *pc = reinterpret_cast<double*>(cs);
        // beta = 0 does not read the NaNs of c.
        EXPECT_EQUAL(
            cublasDgemm_v2(handle, opA, opB, m, n, k, &two, pa, lda, pb, ldb, &zero, pc, m), 0);
        EXPECT_EQUAL(cublasDgemm_v2(handle, opA, opB, m, n, k, &one, pa, lda, pb, ldb, &one, pc, m),
                     0);
        std::vector<double> expected = product(
            m, n, k, [&](int i, int l) { return 3 * (opA == 0 ? a[l * lda + i] : a[i * lda + l]); },
            [&](int l, int j) { return opB == 0 ? b[j * ldb + l] : b[l * ldb + j]; });
        expectNear(download<double>(cs, m * n), expected, __LINE__);
      }
    }
  }
  int n = 6, k = 4;
  std::vector<double> a = numbers(24, 3);
  uintptr_t as = upload(a), cs = someMemory(36 * 8), out = someMemory(8);
  double *pa = reinterpret_cast<double*>(as), *pc = reinterpret_cast<double*>(cs);
  for (int uplo : {0, 1}) {
    EXPECT_EQUAL(cublasDsyrk_v2(handle, uplo, 0, n, k, &one, pa, n, &zero, pc, n), 0);
    std::vector<double> c = download<double>(cs, 36);
    for (int j = 0; j < n; j++)
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int l = 0; l < k; l++) sum += a[l * n + i] * a[l * n + j];
        bool inside = uplo == 0 ? i >= j : i <= j;
        if (inside) EXPECT(std::fabs(c[j * n + i] - sum) < 1e-14);
        if (uplo == 0 && !inside) EXPECT(std::isnan(c[j * n + i]));
      }
  }
  // trsm undoes a product with the triangle.
  for (int side : {0, 1})
    for (int uplo : {0, 1})
      for (int op : {0, 1}) {
        int order = 4, other = 3, m = side == 0 ? order : other,
            columns = side == 0 ? other : order;
        std::vector<double> t = numbers(16, 5), x = numbers(12, 6);
        for (int i = 0; i < 4; i++) t[5 * i] += 3;
        auto triangle = [&](int i, int j) {
          if (op == 1) std::swap(i, j);
          return (uplo == 0 ? i >= j : i <= j) ? t[j * order + i] : 0.0;
        };
        auto xs = [&](int i, int j) { return x[j * m + i]; };
        std::vector<double> b = side == 0 ? product(m, columns, order, triangle, xs)
                                          : product(m, columns, order, xs, triangle);
        uintptr_t ts = upload(t), bs = upload(b);
        EXPECT_EQUAL(
            cublasDtrsm_v2(handle, side, uplo, op, 0, m, columns, &one,
                           reinterpret_cast<double*>(ts), order, reinterpret_cast<double*>(bs), m),
            0);
        expectNear(download<double>(bs, 12), x, __LINE__);
      }
  double norm = 0;
  uintptr_t v = upload<double>({3, 0, 4});
  EXPECT_EQUAL(cublasDnrm2_v2(handle, 2, reinterpret_cast<double*>(v), 2, &norm), 0);
  EXPECT_EQUAL(norm, 5.0);
  cublasSetPointerMode_v2(handle, 1);
  double* device = reinterpret_cast<double*>(out);
  EXPECT_EQUAL(cublasDnrm2_v2(handle, 3, reinterpret_cast<double*>(v), 1, device), 0);
  EXPECT_EQUAL(download<double>(out, 1)[0], 5.0);
  cublasSetPointerMode_v2(handle, 0);
  EXPECT_EQUAL(cublasDgemv_v2_64(handle, 1, 3, 1, &two, reinterpret_cast<double*>(v), 3,
                                 reinterpret_cast<double*>(v), 1, &zero, device, 1),
               0);
  EXPECT_EQUAL(download<double>(out, 1)[0], 50.0);
  // What is wrong is said.
  EXPECT_EQUAL(cublasDgemm_v2(handle, 0, 0, 3, 3, 3, &one, pa, 2, pa, 3, &one, pc, 3), 7);
  EXPECT_EQUAL(cublasDgemm_v2(handle, 0, 0, -1, 3, 3, &one, pa, 3, pa, 3, &one, pc, 3), 7);
  EXPECT_EQUAL(cublasDgemm_v2(999, 0, 0, 3, 3, 3, &one, pa, 3, pa, 3, &one, pc, 3), 1);
  EXPECT_EQUAL(cublasSgemm_v2(handle), 15);
  EXPECT_EQUAL(cublasSetStream_v2(handle, 12345), 7);
  EXPECT_EQUAL(cublasDgemm_v2(handle, 0, 0, 5, 5, 5, &one, pa, 5, pa, 5, &one, pc, 5), 0);
  EXPECT_EQUAL(cuCtxSynchronize(), 700);
  EXPECT_MESSAGE("cublasDgemm: operand A");
  cublasDestroy_v2(handle);
}

void cusolver() {
  Handle handle;
  EXPECT_EQUAL(cusolverDnCreate(&handle), 0);
  int n = 5, size = 0;
  std::vector<double> g = numbers(25, 9);
  std::vector<double> a = product(
      n, n, n, [&](int i, int l) { return g[l * n + i]; },
      [&](int l, int j) { return g[l * n + j]; });
  for (int i = 0; i < n; i++) a[6 * i] += 1;
  std::vector<double> x = numbers(10, 4);
  std::vector<double> b = product(
      n, 2, n, [&](int i, int l) { return a[l * n + i]; },
      [&](int l, int j) { return x[j * n + l]; });
  for (int uplo : {0, 1}) {
    std::vector<double> triangle = a;  // the other one is not read
    for (int j = 0; j < n; j++)
      for (int i = 0; i < n; i++)
        if (uplo == 0 ? i < j : i > j) triangle[j * n + i] = NAN;
    uintptr_t as = upload(triangle), bs = upload(b), info = upload<int>({-7});
    double* pa = reinterpret_cast<double*>(as);
    EXPECT_EQUAL(cusolverDnDpotrf_bufferSize(handle, uplo, n, pa, n, &size), 0);
    uintptr_t work = someMemory(size * 8);
    EXPECT_EQUAL(cusolverDnDpotrf(handle, uplo, n, pa, n, reinterpret_cast<double*>(work), size,
                                  reinterpret_cast<int*>(info)),
                 0);
    EXPECT_EQUAL(download<int>(info, 1)[0], 0);
    EXPECT_EQUAL(cusolverDnDpotrs(handle, uplo, n, 2, pa, n, reinterpret_cast<double*>(bs), n,
                                  reinterpret_cast<int*>(info)),
                 0);
    expectNear(download<double>(bs, 10), x, __LINE__);
    a[12] -= 1000;  // the third pivot is negative
    uintptr_t indefinite = upload(a);
    EXPECT_EQUAL(
        cusolverDnDpotrf(handle, uplo, n, reinterpret_cast<double*>(indefinite), n,
                         reinterpret_cast<double*>(work), size, reinterpret_cast<int*>(info)),
        0);
    EXPECT_EQUAL(download<int>(info, 1)[0], 3);
    a[12] += 1000;
    EXPECT_EQUAL(cusolverDnDpotrf(handle, uplo, n, pa, n, reinterpret_cast<double*>(work), size - 1,
                                  reinterpret_cast<int*>(info)),
                 3);
  }
  uintptr_t as = upload(a), work = someMemory(size * 8);
  int hostInfo = 0;
  EXPECT_EQUAL(cusolverDnDpotrf(handle, 0, n, reinterpret_cast<double*>(as), n,
                                reinterpret_cast<double*>(work), size, &hostInfo),
               0);
  EXPECT_EQUAL(cuCtxSynchronize(), 700);
  EXPECT_MESSAGE("info");
  cusolverDnDestroy(handle);
}

void contextEndsEverything() {
  uintptr_t a = someMemory();
  uint64_t before = cudasim_counter("live allocations");
  cuDevicePrimaryCtxRelease_v2(0);
  EXPECT(before > 0);
  EXPECT_EQUAL(cudasim_counter("live allocations"), 0u);
  EXPECT_EQUAL(cuMemFree_v2(a), 709);
  EXPECT_EQUAL(cuCtxSetCurrent(context), 201);
  cuDevicePrimaryCtxRetain(&context, 0);
}

struct Test {
  const char* name;
  void (*run)();
};
#define TEST(name) \
  {                \
#name, name    \
  }
const Test tests[] = {
    TEST(devices),
    TEST(memoryLimitAndPoison),
    TEST(copiesAreChecked),
    TEST(rightKernels),
    TEST(orderShowsRaces),
    TEST(unwrittenOutputIsNaN),
    TEST(pastTheEnd),
    TEST(beforeTheStart),
    TEST(missingBarrier),
    TEST(missingBarrierInTemplate),
    TEST(missingSecondBarrier),
    TEST(halfReachTheBarrier),
    TEST(twoBarriers),
    TEST(laneStaysAway),
    TEST(maskWithoutItself),
    TEST(indexPastTheArray),
    TEST(intOverflow),
    TEST(misaligned),
    TEST(nullPointer),
    TEST(failedAssertion),
    TEST(useAfterFree),
    TEST(pointersOfHostOrOtherDevice),
    TEST(launchLimits),
    TEST(streamsAreLazy),
    TEST(compiling),
    TEST(failuresOnDemand),
    TEST(cublas),
    TEST(cusolver),
    TEST(contextEndsEverything),
};

}  // namespace

int main() {
  // Settings of whoever builds the simulator are not meant for this test.
  for (const char* name :
       {"DEVICES", "MEMORY", "COMPUTE", "DRIVER_VERSION", "ORDER", "EAGER", "FAIL_ALLOC",
        "FAIL_HOST_ALLOC", "FAIL_LAUNCH", "FAIL_COPY", "FAIL_MODULE", "FAIL_COMPILE"})
    unsetenv(("CUDA_SIM_" + std::string(name)).c_str());
  if (getenv("CUDA_SIM_QUIET") == nullptr) setenv("CUDA_SIM_QUIET", "1", 1);
  for (const Test& test : tests) {
    testName = test.name;
    for (const char* name : {"DEVICES", "MEMORY", "ORDER", "FAIL_ALLOC", "FAIL_LAUNCH"})
      cudasim_set(name, nullptr);
    cuInit(0);
    cuDevicePrimaryCtxRetain(&context, 0);
    cuCtxSetCurrent(context);
    test.run();
    while (cuDevicePrimaryCtxRelease_v2(0) == 0) {
    }
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
