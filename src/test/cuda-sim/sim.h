// The parts of the simulator that its libraries share. Everything here is called with lock() held.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernel_table.h"

namespace cudasim {

// The values of CUresult that are used.
enum Result : int {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NotInitialized = 3,
  NoDevice = 100,
  InvalidDevice = 101,
  InvalidImage = 200,
  InvalidContext = 201,
  NoBinaryForGpu = 209,
  InvalidSource = 300,
  FileNotFound = 301,
  InvalidHandle = 400,
  NotFound = 500,
  NotReady = 600,
  IllegalAddress = 700,
  LaunchOutOfResources = 701,
  ContextIsDestroyed = 709,
  Assert = 710,
  MisalignedAddress = 716,
  LaunchFailed = 719,
  NotSupported = 801,
};

std::recursive_mutex& lock();

// Messages: to standard error, and kept for cudasim_message().
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Settings: CUDA_SIM_<NAME> of the environment, or what cudasim_set() said since.
std::string setting(const char* name, const char* otherwise);
long long numberSetting(const char* name, long long otherwise);
/** Counts down setting FAIL_<NAME>; true when this is the call that has to fail. */
bool injectedFailure(const char* name);
/** A counter that tests can read by name. */
uint64_t& counter(const char* name);
/** 12 for a function of libnvrtc.so.12: one object makes the libraries of both CUDA versions. */
int libraryVersion(const void* function);

// Device memory (memory.cc).
struct Allocation {
  uintptr_t start;
  size_t bytes;
  int device;
  uintptr_t mapped;
  size_t mappedBytes;
};
size_t deviceBytes(int device);
size_t freeBytes(int device);
Result allocate(int device, size_t bytes, uintptr_t* address);
Result release(uintptr_t address);
void releaseAll(int device);
/** The live allocation that holds the address, or null. */
const Allocation* allocationAt(uintptr_t address);
/** Null if [address, address + bytes) lies within one live allocation, or what is wrong. */
std::string outside(uintptr_t address, size_t bytes);
struct PinnedRange {
  uintptr_t start;
  size_t bytes;
  bool owned;
};
std::map<uintptr_t, PinnedRange>& pinned();
bool isPinned(uintptr_t address, size_t bytes);

// Streams (stream.cc). Work waits in its stream until something waits for it, as late as CUDA
// allows, so that a missing synchronisation shows.
using Work = std::function<Result()>;
/** Adds work to a stream of the current context; 0 is the default stream. */
Result enqueue(uintptr_t stream, Work work);
Result finishStream(uintptr_t stream);
Result finishDevice(int device);
/** Whether the handle is 0 or a live stream of the current context. */
bool isStream(uintptr_t stream);

// Contexts (driver.cc).
/** The device of the thread's current context, or -1. */
int currentDevice();
/** The error that the current context died of, or Success. */
Result stickyError();

// Kernels (registry.cc).
/** A source file by its name without folders, or null; loads the libraries of kernels first. */
const SourceFile* sourceFile(const std::string& name);
/** What the simulated NVRTC makes of a file, and what a module is loaded from. */
std::string image(const SourceFile& file, const std::string& architecture);
/** The file an image was made of, or null with the reason in why. */
const SourceFile* fileOfImage(const char* image, std::string* why);
/** Whether it lies in a library of kernels, whose constants kernels may read. */
bool inKernelLibrary(uintptr_t address);

// Running a grid (block.cc).
struct Launch {
  const SourceFile* file;
  const Kernel* kernel;
  dim3 grid, block;
  size_t dynamicShared;
  int device;
  void** arguments;
};
Result run(const Launch& launch);

}  // namespace cudasim
