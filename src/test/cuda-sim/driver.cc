// The driver API: what JCudaDriver and java.lang.foreign callers find in libcuda.so.1.
#include <dlfcn.h>
#include <time.h>

#include "stream.h"

using namespace cudasim;

namespace {

using Handle = uintptr_t;

/** Handles are never used twice, so one that was destroyed is told from a live one. */
Handle newHandle() {
  static Handle last = 0x51000000;
  return last += 16;
}

struct Device {
  int retained = 0;
  Handle primary = 0;  // the primary context; 0 while nobody retains it
  Result error = Success;
};

struct Module {
  int device;
  const SourceFile* file;
};

struct Function {
  int device;
  Handle module;
  const SourceFile* file;
  const Kernel* kernel;
  size_t maxDynamicShared;
};

struct Moment {
  bool done = false;
  double seconds = 0;
  Handle stream = 0;
  uint64_t number = 0;
};

struct Event {
  int device;
  bool timed;
  std::shared_ptr<Moment> moment;  // null before the first record
};

constexpr size_t StaticPlusDynamicShared = 48 << 10, OptInShared = 163 << 10;

bool initialized = false;
std::map<int, Device> devices;
std::map<Handle, int> contexts;  // to the device
std::map<Handle, Module> modules;
std::map<Handle, Function> functions;
std::map<Handle, Event> events;
thread_local std::vector<Handle> contextStack;

int deviceCount() { return static_cast<int>(numberSetting("DEVICES", 2)); }

bool isDevice(int device) { return device >= 0 && device < deviceCount(); }

std::pair<int, int> capability() {
  int major = 0, minor = 0;
  sscanf(setting("COMPUTE", "8.0").c_str(), "%d.%d", &major, &minor);
  return {major, minor};
}

Handle currentContext() { return contextStack.empty() ? 0 : contextStack.back(); }

/** What every call that needs a context checks first. */
Result ready() {
  if (!initialized) return NotInitialized;
  if (currentContext() == 0) return InvalidContext;
  if (contexts.count(currentContext()) == 0) return ContextIsDestroyed;
  return stickyError();
}

/** Ends what belongs to a device's contexts. */
void clear(int device) {
  for (auto at = modules.begin(); at != modules.end();)
    at = at->second.device == device ? modules.erase(at) : std::next(at);
  for (auto at = functions.begin(); at != functions.end();)
    at = at->second.device == device ? functions.erase(at) : std::next(at);
  for (auto at = events.begin(); at != events.end();) {
    bool gone = at->second.device == device;
    if (gone) counter("live events")--;
    at = gone ? events.erase(at) : std::next(at);
  }
  forgetStreams(device);
  releaseAll(device);
  devices[device].error = Success;
}

void destroyContext(Handle context) {
  auto at = contexts.find(context);
  if (at == contexts.end()) return;
  int device = at->second;
  contexts.erase(at);
  if (std::none_of(contexts.begin(), contexts.end(),
                   [&](auto& other) { return other.second == device; })) {
    finishDevice(device);
    clear(device);
  }
}

Result deviceRange(const char* call, uintptr_t address, size_t bytes) {
  if (bytes == 0) return Success;
  std::string wrong = outside(address, bytes);
  if (wrong.empty() || isPinned(address, bytes)) return Success;
  say("%s: %s", call, wrong.c_str());
  return InvalidValue;
}

Result hostRange(const char* call, const void* address, size_t bytes) {
  if (bytes == 0) return Success;
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  if (address != nullptr && allocationAt(at) == nullptr) return Success;
  say("%s: %p is %s, not host memory", call, address,
      address == nullptr ? "null" : "device memory");
  return InvalidValue;
}

bool host(const void* address, size_t bytes) {
  return !isPinned(reinterpret_cast<uintptr_t>(address), bytes);
}

/** A copy of any kind; the host side of an asynchronous one is read late only where it is pinned.
 */
Result copy(const char* call, void* to, bool toDevice, const void* from, bool fromDevice,
            size_t bytes, Handle stream, bool async) {
  if (Result r = ready()) return r;
  if (!isStream(stream)) return InvalidHandle;
  if (Result r = toDevice ? deviceRange(call, reinterpret_cast<uintptr_t>(to), bytes)
                          : hostRange(call, to, bytes))
    return r;
  if (Result r = fromDevice ? deviceRange(call, reinterpret_cast<uintptr_t>(from), bytes)
                            : hostRange(call, from, bytes))
    return r;
  if (injectedFailure("COPY")) return LaunchFailed;
  if (bytes == 0) return Success;
  counter(fromDevice ? toDevice ? "device to device bytes" : "device to host bytes"
                     : "host to device bytes") += bytes;
  counter("copies")++;
  if (!fromDevice && host(from, bytes)) {
    const char* source = static_cast<const char*>(from);
    auto staged = std::make_shared<std::vector<char>>(source, source + bytes);
    if (Result r = enqueue(stream, [=] {
          memcpy(to, staged->data(), bytes);
          return Success;
        }))
      return r;
  } else if (Result r = enqueue(stream, [=] {
               memmove(to, from, bytes);
               return Success;
             })) {
    return r;
  }
  bool deviceOnly = fromDevice && toDevice;
  bool pageableTarget = !toDevice && host(to, bytes);
  return (!async && !deviceOnly) || pageableTarget ? finishStream(stream) : Success;
}

template <typename T>
Result fill(const char* call, uintptr_t to, T value, size_t count, Handle stream) {
  if (Result r = ready()) return r;
  if (to % sizeof(T) != 0) return InvalidValue;
  if (Result r = deviceRange(call, to, count * sizeof(T))) return r;
  return enqueue(stream, [=] {
    std::fill_n(reinterpret_cast<T*>(to), count, value);
    return Success;
  });
}

Result load(Handle* module, const char* image) {
  if (Result r = ready()) return r;
  if (module == nullptr || image == nullptr) return InvalidValue;
  std::string why;
  const SourceFile* file = fileOfImage(image, &why);
  if (file == nullptr) {
    say("cuModuleLoadData: %s", why.c_str());
    return InvalidImage;
  }
  if (injectedFailure("MODULE")) return InvalidImage;
  *module = newHandle();
  modules[*module] = {currentDevice(), file};
  return Success;
}

/** The arguments of a launch, copied when it is called. */
struct ArgumentCopy {
  std::vector<std::vector<char>> values;
  std::vector<void*> pointers;

  ArgumentCopy(const Kernel& kernel, void** from) {
    for (int i = 0; i < kernel.argumentCount; i++) {
      const char* value = static_cast<const char*>(from[i]);
      values.emplace_back(value, value + kernel.arguments[i].bytes);
    }
    for (auto& value : values) pointers.push_back(value.data());
  }
};

/** A pointer argument is null, device memory of this device, its end, or pinned host memory. */
bool pointersAreDevice(const Kernel& kernel, const ArgumentCopy& arguments, int device) {
  for (int i = 0; i < kernel.argumentCount; i++) {
    if (!kernel.arguments[i].pointer) continue;
    uintptr_t value;
    memcpy(&value, arguments.pointers[i], sizeof value);
    if (value == 0 || isPinned(value, 1)) continue;
    const Allocation* a = allocationAt(value);
    if (a == nullptr) a = allocationAt(value - 1);
    if (a != nullptr && a->device == device) continue;
    if (a != nullptr) {
      say("kernel %s: argument %d is memory of device %d, the kernel runs on device %d",
          kernel.name, i, a->device, device);
    } else {
      say("kernel %s: argument %d: %s", kernel.name, i, outside(value, 1).c_str());
    }
    return false;
  }
  return true;
}

Result launchError(const Kernel& kernel, Result error, const std::string& what) {
  say("kernel %s: %s", kernel.name, what.c_str());
  return error;
}

struct ErrorText {
  int code;
  const char *name, *text;
};
constexpr ErrorText ErrorTexts[] = {
    {Success, "CUDA_SUCCESS", "no error"},
    {InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {InvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {NoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for the device"},
    {InvalidSource, "CUDA_ERROR_INVALID_SOURCE", "device kernel image is invalid"},
    {FileNotFound, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
    {InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "too many resources requested for launch"},
    {ContextIsDestroyed, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {Assert, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    {MisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {NotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
};

const ErrorText* errorText(int code) {
  for (auto& e : ErrorTexts)
    if (e.code == code) return &e;
  return nullptr;
}

int attribute(int which, int device) {
  static const std::map<int, int> values = {
      {1, 1024},         // MAX_THREADS_PER_BLOCK
      {2, 1024},         // MAX_BLOCK_DIM_X
      {3, 1024},         // _Y
      {4, 64},           // _Z
      {5, 2147483647},   // MAX_GRID_DIM_X
      {6, 65535},        // _Y
      {7, 65535},        // _Z
      {8, 48 << 10},     // MAX_SHARED_MEMORY_PER_BLOCK
      {9, 64 << 10},     // TOTAL_CONSTANT_MEMORY
      {10, 32},          // WARP_SIZE
      {11, 2147483647},  // MAX_PITCH
      {12, 65536},       // MAX_REGISTERS_PER_BLOCK
      {13, 1000000},     // CLOCK_RATE
      {14, 512},         // TEXTURE_ALIGNMENT
      {15, 1},           // GPU_OVERLAP
      {16, 4},           // MULTIPROCESSOR_COUNT
      {19, 1},           // CAN_MAP_HOST_MEMORY
      {31, 1},           // CONCURRENT_KERNELS
      {36, 1000000},     // MEMORY_CLOCK_RATE
      {37, 256},         // GLOBAL_MEMORY_BUS_WIDTH
      {38, 4 << 20},     // L2_CACHE_SIZE
      {39, 2048},        // MAX_THREADS_PER_MULTIPROCESSOR
      {40, 2},           // ASYNC_ENGINE_COUNT
      {41, 1},           // UNIFIED_ADDRESSING
      {81, 164 << 10},   // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
      {82, 65536},       // MAX_REGISTERS_PER_MULTIPROCESSOR
      {97, 163 << 10},   // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
  };
  if (which == 33) return device + 1;           // PCI_BUS_ID
  if (which == 75) return capability().first;   // COMPUTE_CAPABILITY_MAJOR
  if (which == 76) return capability().second;  // COMPUTE_CAPABILITY_MINOR
  auto at = values.find(which);
  return at == values.end() ? 0 : at->second;
}

}  // namespace

namespace cudasim {

int currentDevice() {
  auto at = contexts.find(currentContext());
  return at == contexts.end() ? -1 : at->second;
}

Result stickyError() {
  int device = currentDevice();
  return device < 0 ? InvalidContext : devices[device].error;
}

Result errorOfDevice(int device) { return devices[device].error; }

void killDevice(int device, Result error) { devices[device].error = error; }

}  // namespace cudasim

#define CUDASIM_CALL std::lock_guard guard(lock())

extern "C" {

// Errors and versions

int cuGetErrorName(int error, const char** name) {
  const ErrorText* e = errorText(error);
  *name = e == nullptr ? nullptr : e->name;
  return e == nullptr ? InvalidValue : Success;
}

int cuGetErrorString(int error, const char** text) {
  const ErrorText* e = errorText(error);
  *text = e == nullptr ? nullptr : e->text;
  return e == nullptr ? InvalidValue : Success;
}

int cuInit(unsigned flags) {
  CUDASIM_CALL;
  if (flags != 0) return InvalidValue;
  if (deviceCount() == 0) return NoDevice;
  initialized = true;
  return Success;
}

int cuDriverGetVersion(int* version) {
  CUDASIM_CALL;
  *version = static_cast<int>(numberSetting("DRIVER_VERSION", 12060));
  return Success;
}

// Devices

int cuDeviceGetCount(int* count) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  *count = deviceCount();
  return Success;
}

int cuDeviceGet(int* device, int ordinal) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(ordinal)) return InvalidDevice;
  *device = ordinal;
  return Success;
}

int cuDeviceGetName(char* name, int length, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  if (length <= 0) return InvalidValue;
  snprintf(name, static_cast<size_t>(length), "Relumax CUDA simulator");
  return Success;
}

int cuDeviceTotalMem_v2(size_t* bytes, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  *bytes = deviceBytes(device);
  return Success;
}

int cuDeviceGetAttribute(int* value, int which, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  *value = attribute(which, device);
  return Success;
}

int cuDeviceComputeCapability(int* major, int* minor, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  std::tie(*major, *minor) = capability();
  return Success;
}

int cuDeviceGetPCIBusId(char* id, int length, int device) {
  CUDASIM_CALL;
  if (!isDevice(device)) return InvalidDevice;
  snprintf(id, static_cast<size_t>(length), "0000:%02X:00.0", device + 1);
  return Success;
}

int cuDeviceGetUuid(char* uuid, int device) {
  CUDASIM_CALL;
  if (!isDevice(device)) return InvalidDevice;
  memset(uuid, 0, 16);
  uuid[15] = static_cast<char>(device + 1);
  return Success;
}

int cuDeviceGetUuid_v2(char* uuid, int device) { return cuDeviceGetUuid(uuid, device); }

// Contexts

int cuDevicePrimaryCtxRetain(Handle* context, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  Device& d = devices[device];
  if (d.retained++ == 0) {
    d.primary = newHandle();
    contexts[d.primary] = device;
  }
  *context = d.primary;
  return Success;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  CUDASIM_CALL;
  if (!isDevice(device)) return InvalidDevice;
  Device& d = devices[device];
  if (d.retained == 0) return InvalidContext;
  if (--d.retained == 0) {
    destroyContext(d.primary);
    d.primary = 0;
  }
  return Success;
}

int cuDevicePrimaryCtxReset_v2(int device) {
  CUDASIM_CALL;
  if (!isDevice(device)) return InvalidDevice;
  clear(device);
  return Success;
}

int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned) {
  CUDASIM_CALL;
  return isDevice(device) ? Success : InvalidDevice;
}

int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  CUDASIM_CALL;
  if (!isDevice(device)) return InvalidDevice;
  *flags = 0;
  *active = devices[device].retained > 0;
  return Success;
}

int cuCtxCreate_v2(Handle* context, unsigned, int device) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (!isDevice(device)) return InvalidDevice;
  *context = newHandle();
  contexts[*context] = device;
  contextStack.push_back(*context);
  return Success;
}

int cuCtxDestroy_v2(Handle context) {
  CUDASIM_CALL;
  if (contexts.count(context) == 0) return InvalidContext;
  destroyContext(context);
  if (currentContext() == context) contextStack.pop_back();
  return Success;
}

int cuCtxSetCurrent(Handle context) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (context != 0 && contexts.count(context) == 0) return InvalidContext;
  if (!contextStack.empty()) contextStack.pop_back();
  if (context != 0) contextStack.push_back(context);
  return Success;
}

int cuCtxGetCurrent(Handle* context) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  *context = currentContext();
  return Success;
}

int cuCtxPushCurrent_v2(Handle context) {
  CUDASIM_CALL;
  if (contexts.count(context) == 0) return InvalidContext;
  contextStack.push_back(context);
  return Success;
}

int cuCtxPopCurrent_v2(Handle* context) {
  CUDASIM_CALL;
  if (contextStack.empty()) return InvalidContext;
  if (context != nullptr) *context = currentContext();
  contextStack.pop_back();
  return Success;
}

int cuCtxGetDevice(int* device) {
  CUDASIM_CALL;
  if (currentDevice() < 0) return InvalidContext;
  *device = currentDevice();
  return Success;
}

int cuCtxGetApiVersion(Handle, unsigned* version) {
  *version = 3020;
  return Success;
}

int cuCtxSynchronize() {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  return finishDevice(currentDevice());
}

// Memory

int cuMemGetInfo_v2(size_t* free, size_t* total) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  *free = freeBytes(currentDevice());
  *total = deviceBytes(currentDevice());
  return Success;
}

int cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  if (address == nullptr) return InvalidValue;
  return allocate(currentDevice(), bytes, address);
}

int cuMemFree_v2(uintptr_t address) {
  CUDASIM_CALL;
  if (!initialized) return NotInitialized;
  if (address == 0) return Success;
  if (Result r = ready()) return r;
  const Allocation* a = allocationAt(address);
  if (a != nullptr) finishDevice(a->device);  // freeing waits for the device
  return release(address);
}

int cuMemGetAddressRange_v2(uintptr_t* start, size_t* bytes, uintptr_t address) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  const Allocation* a = allocationAt(address);
  if (a == nullptr) return NotFound;
  if (start != nullptr) *start = a->start;
  if (bytes != nullptr) *bytes = a->bytes;
  return Success;
}

int cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  if (bytes == 0) return InvalidValue;
  if (injectedFailure("HOST_ALLOC") || posix_memalign(address, 4096, bytes) != 0)
    return OutOfMemory;
  memset(*address, 0xFF, bytes);
  pinned()[reinterpret_cast<uintptr_t>(*address)] = {reinterpret_cast<uintptr_t>(*address), bytes,
                                                     true};
  counter("live host allocations")++;
  return Success;
}

int cuMemAllocHost_v2(void** address, size_t bytes) { return cuMemHostAlloc(address, bytes, 0); }

int cuMemFreeHost(void* address) {
  CUDASIM_CALL;
  auto at = pinned().find(reinterpret_cast<uintptr_t>(address));
  if (at == pinned().end() || !at->second.owned) return InvalidValue;
  if (currentDevice() >= 0) finishDevice(currentDevice());
  pinned().erase(at);
  free(address);
  counter("live host allocations")--;
  return Success;
}

int cuMemHostRegister_v2(void* address, size_t bytes, unsigned) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  if (address == nullptr || bytes == 0) return InvalidValue;
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  if (isPinned(at, 1)) return 712;  // CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED
  pinned()[at] = {at, bytes, false};
  return Success;
}

int cuMemHostUnregister(void* address) {
  CUDASIM_CALL;
  auto at = pinned().find(reinterpret_cast<uintptr_t>(address));
  if (at == pinned().end() || at->second.owned) return 713;  // ..._NOT_REGISTERED
  if (currentDevice() >= 0) finishDevice(currentDevice());
  pinned().erase(at);
  return Success;
}

int cuMemHostGetDevicePointer_v2(uintptr_t* device, void* address, unsigned) {
  CUDASIM_CALL;
  if (!isPinned(reinterpret_cast<uintptr_t>(address), 1)) return InvalidValue;
  *device = reinterpret_cast<uintptr_t>(address);
  return Success;
}

int cuMemcpyHtoD_v2(uintptr_t to, const void* from, size_t bytes) {
  CUDASIM_CALL;
  return copy("cuMemcpyHtoD", reinterpret_cast<void*>(to), true, from, false, bytes, 0, false);
}

int cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t bytes, Handle stream) {
  CUDASIM_CALL;
  return copy("cuMemcpyHtoDAsync", reinterpret_cast<void*>(to), true, from, false, bytes, stream,
              true);
}

int cuMemcpyDtoH_v2(void* to, uintptr_t from, size_t bytes) {
  CUDASIM_CALL;
  return copy("cuMemcpyDtoH", to, false, reinterpret_cast<void*>(from), true, bytes, 0, false);
}

int cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t bytes, Handle stream) {
  CUDASIM_CALL;
  return copy("cuMemcpyDtoHAsync", to, false, reinterpret_cast<void*>(from), true, bytes, stream,
              true);
}

int cuMemcpyDtoD_v2(uintptr_t to, uintptr_t from, size_t bytes) {
  CUDASIM_CALL;
  return copy("cuMemcpyDtoD", reinterpret_cast<void*>(to), true, reinterpret_cast<void*>(from),
              true, bytes, 0, false);
}

int cuMemcpyDtoDAsync_v2(uintptr_t to, uintptr_t from, size_t bytes, Handle stream) {
  CUDASIM_CALL;
  return copy("cuMemcpyDtoDAsync", reinterpret_cast<void*>(to), true, reinterpret_cast<void*>(from),
              true, bytes, stream, true);
}

int cuMemcpy(uintptr_t to, uintptr_t from, size_t bytes) {
  CUDASIM_CALL;
  return copy("cuMemcpy", reinterpret_cast<void*>(to), allocationAt(to) != nullptr,
              reinterpret_cast<void*>(from), allocationAt(from) != nullptr, bytes, 0, false);
}

int cuMemcpyAsync(uintptr_t to, uintptr_t from, size_t bytes, Handle stream) {
  CUDASIM_CALL;
  return copy("cuMemcpyAsync", reinterpret_cast<void*>(to), allocationAt(to) != nullptr,
              reinterpret_cast<void*>(from), allocationAt(from) != nullptr, bytes, stream, true);
}

int cuMemsetD8_v2(uintptr_t to, unsigned char value, size_t count) {
  CUDASIM_CALL;
  return fill("cuMemsetD8", to, value, count, 0);
}

int cuMemsetD8Async(uintptr_t to, unsigned char value, size_t count, Handle stream) {
  CUDASIM_CALL;
  return fill("cuMemsetD8Async", to, value, count, stream);
}

int cuMemsetD32_v2(uintptr_t to, unsigned value, size_t count) {
  CUDASIM_CALL;
  return fill("cuMemsetD32", to, value, count, 0);
}

int cuMemsetD32Async(uintptr_t to, unsigned value, size_t count, Handle stream) {
  CUDASIM_CALL;
  return fill("cuMemsetD32Async", to, value, count, stream);
}

// Streams and events

int cuStreamCreateWithPriority(Handle* stream, unsigned flags, int priority) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  if (stream == nullptr || flags > 1) return InvalidValue;
  *stream = newHandle();
  Stream& s = streams()[*stream];
  s.device = currentDevice();
  s.nonBlocking = flags == 1;
  s.priority = priority;
  counter("live streams")++;
  return Success;
}

int cuStreamCreate(Handle* stream, unsigned flags) {
  return cuStreamCreateWithPriority(stream, flags, 0);
}

int cuStreamDestroy_v2(Handle stream) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  if (stream <= 1 || !isStream(stream)) return InvalidHandle;
  finishStream(stream);
  streams().erase(stream);
  counter("live streams")--;
  return Success;
}

int cuStreamSynchronize(Handle stream) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  counter("synchronizations")++;
  return finishStream(stream);
}

int cuStreamQuery(Handle stream) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  return stepStream(stream);
}

int cuStreamGetPriority(Handle stream, int* priority) {
  CUDASIM_CALL;
  if (!isStream(stream)) return InvalidHandle;
  *priority = stream <= 1 ? 0 : streams()[stream].priority;
  return Success;
}

int cuStreamGetFlags(Handle stream, unsigned* flags) {
  CUDASIM_CALL;
  if (!isStream(stream)) return InvalidHandle;
  *flags = stream > 1 && streams()[stream].nonBlocking;
  return Success;
}

int cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return Success;
}

int cuEventCreate(Handle* event, unsigned flags) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  *event = newHandle();
  events[*event] = {currentDevice(), (flags & 2) == 0, nullptr};
  counter("live events")++;
  return Success;
}

int cuEventDestroy_v2(Handle event) {
  CUDASIM_CALL;
  if (events.erase(event) == 0) return InvalidHandle;
  counter("live events")--;
  return Success;
}

int cuEventRecord(Handle event, Handle stream) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = events.find(event);
  if (at == events.end() || at->second.device != currentDevice()) return InvalidHandle;
  auto moment = std::make_shared<Moment>();
  moment->stream = stream;
  at->second.moment = moment;
  moment->number = lastOperation() + 1;
  return enqueue(stream, [=] {
    moment->done = true;
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    moment->seconds = static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
    return Success;
  });
}

static Result reach(const Moment& moment) {
  if (moment.done) return Success;
  if (moment.stream <= 1) return finishStream(moment.stream);
  auto at = streams().find(moment.stream);
  if (at != streams().end()) runUpTo(at->second, moment.number);
  return stickyError();
}

int cuStreamWaitEvent(Handle stream, Handle event, unsigned) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = events.find(event);
  if (at == events.end()) return InvalidHandle;
  auto moment = at->second.moment;
  if (moment == nullptr) return Success;
  return enqueue(stream, [=] { return reach(*moment); });
}

int cuEventSynchronize(Handle event) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = events.find(event);
  if (at == events.end()) return InvalidHandle;
  counter("synchronizations")++;
  return at->second.moment == nullptr ? Success : reach(*at->second.moment);
}

int cuEventQuery(Handle event) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = events.find(event);
  if (at == events.end()) return InvalidHandle;
  auto moment = at->second.moment;
  if (moment == nullptr || moment->done) return Success;
  Result step = stepStream(moment->stream);
  return step == Success ? NotReady : step;
}

int cuEventElapsedTime(float* milliseconds, Handle start, Handle end) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto a = events.find(start), b = events.find(end);
  if (a == events.end() || b == events.end() || !a->second.timed || !b->second.timed ||
      a->second.moment == nullptr || b->second.moment == nullptr)
    return InvalidHandle;
  if (!a->second.moment->done || !b->second.moment->done) return NotReady;
  *milliseconds =
      static_cast<float>(1000 * (b->second.moment->seconds - a->second.moment->seconds));
  return Success;
}

// Modules, functions, launches

int cuModuleLoadData(Handle* module, const void* image) {
  CUDASIM_CALL;
  return load(module, static_cast<const char*>(image));
}

int cuModuleLoadDataEx(Handle* module, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(module, image);
}

int cuModuleLoad(Handle* module, const char* path) {
  CUDASIM_CALL;
  FILE* file = fopen(path, "rb");
  if (file == nullptr) return FileNotFound;
  std::string image;
  for (int c; (c = fgetc(file)) != EOF;) image += static_cast<char>(c);
  fclose(file);
  return load(module, image.c_str());
}

int cuModuleUnload(Handle module) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = modules.find(module);
  if (at == modules.end() || at->second.device != currentDevice()) return InvalidHandle;
  finishDevice(at->second.device);
  for (auto f = functions.begin(); f != functions.end();)
    f = f->second.module == module ? functions.erase(f) : std::next(f);
  modules.erase(at);
  return Success;
}

int cuModuleGetFunction(Handle* function, Handle module, const char* name) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = modules.find(module);
  if (at == modules.end() || at->second.device != currentDevice()) return InvalidHandle;
  const SourceFile* file = at->second.file;
  for (const Kernel* kernel = file->kernels; kernel != file->kernels + file->kernelCount;
       kernel++) {
    if (strcmp(kernel->name, name) == 0) {
      *function = newHandle();
      functions[*function] = {at->second.device, module, file, kernel, 0};
      return Success;
    }
  }
  say("cuModuleGetFunction: %s has no kernel %s", file->name, name);
  return NotFound;
}

int cuFuncGetModule(Handle* module, Handle function) {
  CUDASIM_CALL;
  auto at = functions.find(function);
  if (at == functions.end()) return InvalidHandle;
  *module = at->second.module;
  return Success;
}

int cuFuncGetAttribute(int* value, int which, Handle function) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = functions.find(function);
  if (at == functions.end()) return InvalidHandle;
  const Function& f = at->second;
  auto [major, minor] = capability();
  switch (which) {
    case 0:  // MAX_THREADS_PER_BLOCK
      *value = f.kernel->maxThreads > 0 ? f.kernel->maxThreads : 1024;
      return Success;
    case 1:  // SHARED_SIZE_BYTES: of all kernels of the file, so never too little
      *value = static_cast<int>(f.file->sharedEnd - f.file->shared);
      return Success;
    case 2:  // CONST_SIZE_BYTES
    case 3:  // LOCAL_SIZE_BYTES
      *value = 0;
      return Success;
    case 4:  // NUM_REGS
      *value = 32;
      return Success;
    case 5:  // PTX_VERSION
    case 6:  // BINARY_VERSION
      *value = 10 * major + minor;
      return Success;
    case 8:  // MAX_DYNAMIC_SHARED_SIZE_BYTES
      *value =
          static_cast<int>(f.maxDynamicShared != 0 ? f.maxDynamicShared : StaticPlusDynamicShared);
      return Success;
    default:
      *value = 0;
      return which < 16 ? Success : InvalidValue;
  }
}

int cuFuncSetAttribute(Handle function, int which, int value) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = functions.find(function);
  if (at == functions.end()) return InvalidHandle;
  if (which != 8) return which == 9 ? Success : InvalidValue;
  if (value < 0 || static_cast<size_t>(value) > OptInShared) return InvalidValue;
  at->second.maxDynamicShared = static_cast<size_t>(value);
  return Success;
}

int cuFuncSetCacheConfig(Handle function, int) {
  CUDASIM_CALL;
  return functions.count(function) != 0 ? Success : InvalidHandle;
}

int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle function, int threads, size_t) {
  CUDASIM_CALL;
  if (functions.count(function) == 0) return InvalidHandle;
  if (threads <= 0 || threads > 1024) return InvalidValue;
  *blocks = std::min(32, 2048 / ((threads + 31) / 32 * 32));
  return Success;
}

int cuLaunchKernel(Handle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                   unsigned blockY, unsigned blockZ, unsigned dynamicShared, Handle stream,
                   void** arguments, void** extra) {
  CUDASIM_CALL;
  if (Result r = ready()) return r;
  auto at = functions.find(function);
  if (at == functions.end()) {
    say("cuLaunchKernel: no such function");
    return InvalidHandle;
  }
  Function& f = at->second;
  const Kernel& kernel = *f.kernel;
  int device = currentDevice();
  if (f.device != device)
    return launchError(kernel, InvalidHandle, "the function belongs to another context");
  if (!isStream(stream)) return launchError(kernel, InvalidHandle, "no such stream");
  if (uint64_t{gridX} * gridY * gridZ == 0 || uint64_t{blockX} * blockY * blockZ == 0)
    return launchError(kernel, InvalidValue, "a grid or block dimension is 0");
  if (gridX > 2147483647u || gridY > 65535 || gridZ > 65535)
    return launchError(kernel, InvalidValue,
                       "grid " + std::to_string(gridX) + " x " + std::to_string(gridY) + " x " +
                           std::to_string(gridZ) + " passes 2147483647 x 65535 x 65535");
  uint64_t threads = uint64_t{blockX} * blockY * blockZ;
  if (blockX > 1024 || blockY > 1024 || blockZ > 64 || threads > 1024)
    return launchError(kernel, InvalidValue,
                       "block " + std::to_string(blockX) + " x " + std::to_string(blockY) + " x " +
                           std::to_string(blockZ) + " passes 1024 threads or 1024 x 1024 x 64");
  if (kernel.maxThreads > 0 && threads > static_cast<uint64_t>(kernel.maxThreads))
    return launchError(kernel, InvalidValue,
                       std::to_string(threads) + " threads, __launch_bounds__ says " +
                           std::to_string(kernel.maxThreads));
  size_t staticShared = static_cast<size_t>(f.file->sharedEnd - f.file->shared);
  size_t limit = std::max(StaticPlusDynamicShared, f.maxDynamicShared);
  if (staticShared > StaticPlusDynamicShared || staticShared + dynamicShared > limit)
    return launchError(kernel, InvalidValue,
                       std::to_string(staticShared) + " bytes of static shared memory in " +
                           f.file->name + " and " + std::to_string(dynamicShared) +
                           " of dynamic shared memory pass " + std::to_string(limit));
  if (extra != nullptr || (arguments == nullptr && kernel.argumentCount > 0))
    return launchError(kernel, InvalidValue, "arguments are taken from kernelParams only");
  for (int i = 0; i < kernel.argumentCount; i++)
    if (arguments[i] == nullptr)
      return launchError(kernel, InvalidValue, "argument " + std::to_string(i) + " is missing");
  if (injectedFailure("LAUNCH")) return LaunchFailed;
  counter("launches")++;
  auto copied = std::make_shared<ArgumentCopy>(kernel, arguments);
  const SourceFile* file = f.file;
  return enqueue(stream, [=, &kernel]() -> Result {
    if (!pointersAreDevice(kernel, *copied, device)) return IllegalAddress;
    return run({file, &kernel, dim3(gridX, gridY, gridZ), dim3(blockX, blockY, blockZ),
                dynamicShared, device, copied->pointers.data()});
  });
}

// NVRTC asks for one, and takes for granted that every driver has the function.
int cuGetExportTable(const void** table, const void*) {
  *table = nullptr;
  return NotFound;
}

// The names that a caller of cuGetProcAddress asks for are looked up in this library.
int cuGetProcAddress_v2(const char* name, void** function, int, uint64_t, int* found) {
  Dl_info here;
  dladdr(reinterpret_cast<void*>(&cuInit), &here);
  void* library = dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  *function = dlsym(library, (std::string(name) + "_v2").c_str());
  if (*function == nullptr) *function = dlsym(library, name);
  dlclose(library);
  if (found != nullptr) *found = *function == nullptr ? 1 : 0;
  return *function == nullptr ? NotFound : Success;
}
}
