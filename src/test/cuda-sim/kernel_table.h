// The table of kernels that a compiled .cu file brings, and how its kernels are called. No standard
// library beyond these two headers: every .cu file includes this.
#pragma once

#include <type_traits>
#include <utility>

#include "thread.h"

namespace cudasim {

struct Argument {
  size_t bytes;
  bool pointer;
};

struct Kernel {
  const char* name;
  void (*function)();
  void (*invoke)(void (*function)(), void** arguments);
  const Argument* arguments;
  int argumentCount;
  int maxThreads;  // of __launch_bounds__, or 0
};

struct SourceFile {
  const char* name;
  const char *text, *textEnd;
  char *shared, *sharedEnd;  // static shared memory of all kernels of this file; null if none
  const Kernel* kernels;
  int kernelCount;
};

/** Called by the initialisers of a library of kernels. */
void registerSource(const SourceFile* file);

/** Unpacks the void** of cuLaunchKernel by the kernel's own signature. */
template <typename... A>
struct Signature {
  static constexpr Argument arguments[] = {{sizeof(A), std::is_pointer_v<A>}..., {0, false}};

  // Not checked: the arguments are host memory.
  template <size_t... I>
  __attribute__((no_sanitize("thread"))) static void call(
      void (*function)(A...), void** values, std::index_sequence<I...>) {
    function(*static_cast<std::remove_cv_t<A>*>(values[I])...);
  }

  __attribute__((no_sanitize("thread"))) static void invoke(void (*function)(), void** values) {
    call(reinterpret_cast<void (*)(A...)>(function), values, std::index_sequence_for<A...>());
  }
};

/** Of several functions with a kernel's name, the kernel is the one that returns nothing. */
template <typename... A>
Kernel kernel(const char* name, void (*function)(A...), int maxThreads) {
  return {name,
          reinterpret_cast<void (*)()>(function),
          &Signature<A...>::invoke,
          Signature<A...>::arguments,
          sizeof...(A),
          maxThreads};
}

}  // namespace cudasim

#define CUDASIM_KERNEL(function, maxThreads) cudasim::kernel(#function, &function, maxThreads)

// The text of the file goes into the library, to be compared with what NVRTC is given.
#define CUDASIM_SOURCE_TEXT(id, path)                                                  \
  asm(".section .rodata\n"                                                             \
      "cudasim_text_" #id ":\n.incbin \"" path "\"\n"                                  \
      "cudasim_text_end_" #id ":\n.byte 0\n.previous\n");                              \
  extern "C" __attribute__((visibility("hidden"))) const char cudasim_text_##id[];     \
  extern "C" __attribute__((visibility("hidden"))) const char cudasim_text_end_##id[]; \
  extern "C" __attribute__((weak, visibility("hidden"))) char __start_cudasim_##id[];  \
  extern "C" __attribute__((weak, visibility("hidden"))) char __stop_cudasim_##id[];

// In .data: .bss is the kernels' shared memory.
#define CUDASIM_REGISTER(id, name, ...)                                                   \
  namespace {                                                                             \
  __attribute__((section(".data"))) cudasim::Kernel cudasimKernels[] = {__VA_ARGS__{}};   \
  const cudasim::SourceFile cudasimFile = {                                               \
      name, cudasim_text_##id, cudasim_text_end_##id, __start_cudasim_##id,               \
      __stop_cudasim_##id, cudasimKernels, sizeof cudasimKernels / sizeof(cudasim::Kernel) - 1}; \
  [[maybe_unused]] __attribute__((section(".data"))) bool cudasimRegistered =             \
      (cudasim::registerSource(&cudasimFile), true);                                      \
  }
