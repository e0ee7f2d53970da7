// Settings, counters and messages, and the few functions that tests call by name.
#include <dlfcn.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "sim.h"

namespace cudasim {
namespace {

std::map<std::string, std::string>& overrides() {
  static auto* map = new std::map<std::string, std::string>;
  return *map;
}

std::string& lastMessage() {
  static auto* text = new std::string;
  return *text;
}

std::map<std::string, long long>& countdowns() {
  static auto* map = new std::map<std::string, long long>;
  return *map;
}

}  // namespace

std::recursive_mutex& lock() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

void say(const char* format, ...) {
  char text[2000];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  lastMessage() = text;
  if (numberSetting("QUIET", 0) == 0) fprintf(stderr, "cuda-sim: %s\n", text);
}

std::string setting(const char* name, const char* otherwise) {
  auto at = overrides().find(name);
  if (at != overrides().end()) return at->second;
  const char* value = getenv(("CUDA_SIM_" + std::string(name)).c_str());
  return value != nullptr ? value : otherwise;
}

long long numberSetting(const char* name, long long otherwise) {
  std::string value = setting(name, "");
  if (value.empty()) return otherwise;
  char* end = nullptr;
  long long number = strtoll(value.c_str(), &end, 0);
  switch (toupper(static_cast<unsigned char>(*end))) {
    case 'K':
      return number << 10;
    case 'M':
      return number << 20;
    case 'G':
      return number << 30;
    default:
      return number;
  }
}

bool injectedFailure(const char* name) {
  std::string key = "FAIL_" + std::string(name);
  long long at = numberSetting(key.c_str(), 0);
  if (at <= 0) return false;
  return ++countdowns()[key] == at;
}

uint64_t& counter(const char* name) {
  static auto* map = new std::map<std::string, uint64_t>;
  return (*map)[name];
}

int libraryVersion(const void* function) {
  Dl_info library;
  if (dladdr(function, &library) == 0) return 0;
  return atoi(strrchr(library.dli_fname, '.') + 1);
}

}  // namespace cudasim

using namespace cudasim;

extern "C" {

/** Changes a setting while the process runs: cudasim_set("FAIL_ALLOC", "3"); null takes it back. */
void cudasim_set(const char* name, const char* value) {
  std::lock_guard guard(lock());
  countdowns().erase(name);
  if (value == nullptr) {
    overrides().erase(name);
  } else {
    overrides()[name] = value;
  }
}

/** How often something happened; README.md lists the names. */
uint64_t cudasim_counter(const char* name) {
  std::lock_guard guard(lock());
  return counter(name);
}

/** The last message, until the next one. */
const char* cudasim_message() {
  std::lock_guard guard(lock());
  return lastMessage().c_str();
}

int cudasim_unsupported(const char* name, char* told, int status) {
  std::lock_guard guard(lock());
  if (!*told) say("%s is not simulated", name);
  *told = 1;
  return status;
}
}
