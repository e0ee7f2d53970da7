// Device memory. Every allocation has address space of its own that is never used again, with
// unmapped pages around it: an access after a free or past an end can meet no other allocation.
#include <sys/mman.h>

#include <deque>

#include "sim.h"

namespace cudasim {
namespace {

constexpr size_t Page = 4096;
constexpr size_t Alignment = 256;  // of the start, as cuMemAlloc has it

struct Arena {
  uintptr_t start = 0, next = 0, end = 0;

  Arena() {
    for (size_t bytes = size_t{1} << 44; bytes >= size_t{1} << 36 && start == 0; bytes >>= 1) {
      void* p = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (p != MAP_FAILED) {
        start = next = reinterpret_cast<uintptr_t>(p);
        end = start + bytes;
      }
    }
  }
};

Arena& arena() {
  static Arena* arena = new Arena;
  return *arena;
}

std::map<uintptr_t, Allocation>& live() {
  static auto* map = new std::map<uintptr_t, Allocation>;
  return *map;
}

std::deque<Allocation>& freed() {
  static auto* list = new std::deque<Allocation>;
  return *list;
}

/** The bytes between an allocation's ends and its unmapped neighbours. */
constexpr unsigned char Guard = 0xA5;

bool guardsIntact(const Allocation& a) {
  auto intact = [](uintptr_t from, uintptr_t to) {
    return std::all_of(reinterpret_cast<unsigned char*>(from), reinterpret_cast<unsigned char*>(to),
                       [](unsigned char c) { return c == Guard; });
  };
  return intact(a.mapped, a.start) && intact(a.start + a.bytes, a.mapped + a.mappedBytes);
}

size_t usedBytes(int device) {
  size_t sum = 0;
  for (auto& [start, a] : live())
    if (a.device == device) sum += (a.bytes + Alignment - 1) / Alignment * Alignment;
  return sum;
}

void unmap(const Allocation& a) {
  if (!guardsIntact(a))
    say("written outside the allocation of %zu bytes at %#lx", a.bytes, a.start);
  // Stays reserved, unreadable, and gives its pages back.
  mmap(reinterpret_cast<void*>(a.mapped), a.mappedBytes, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  freed().push_back(a);
  if (freed().size() > 10000) freed().pop_front();
}

}  // namespace

size_t deviceBytes(int) { return static_cast<size_t>(numberSetting("MEMORY", 2LL << 30)); }

size_t freeBytes(int device) {
  size_t total = deviceBytes(device);
  return total - std::min(total, usedBytes(device));
}

Result allocate(int device, size_t bytes, uintptr_t* address) {
  if (bytes == 0) return InvalidValue;
  if (injectedFailure("ALLOC") || bytes > freeBytes(device)) return OutOfMemory;
  size_t mappedBytes = (bytes + Alignment + Page - 1) / Page * Page;
  if (arena().next + mappedBytes + 2 * Page > arena().end) {
    say("no address space left");
    return OutOfMemory;
  }
  uintptr_t mapped = arena().next + Page;
  if (mprotect(reinterpret_cast<void*>(mapped), mappedBytes, PROT_READ | PROT_WRITE) != 0)
    return OutOfMemory;
  arena().next = mapped + mappedBytes;
  // As near to the unmapped page behind it as the alignment allows.
  uintptr_t start = (mapped + mappedBytes - bytes) / Alignment * Alignment;
  memset(reinterpret_cast<void*>(mapped), Guard, start - mapped);
  memset(reinterpret_cast<void*>(start), 0xFF, bytes);  // NaN, so that a missing write shows
  memset(reinterpret_cast<void*>(start + bytes), Guard, mapped + mappedBytes - start - bytes);
  live()[start] = {start, bytes, device, mapped, mappedBytes};
  counter("allocations")++;
  counter("live allocations")++;
  *address = start;
  return Success;
}

Result release(uintptr_t address) {
  auto at = live().find(address);
  if (at == live().end()) {
    say("cuMemFree: %s", outside(address, 1).empty() ? "address within an allocation, not its start"
                                                     : outside(address, 1).c_str());
    return InvalidValue;
  }
  unmap(at->second);
  live().erase(at);
  counter("live allocations")--;
  return Success;
}

void releaseAll(int device) {
  for (auto at = live().begin(); at != live().end();) {
    if (at->second.device == device) {
      unmap(at->second);
      counter("live allocations")--;
      at = live().erase(at);
    } else {
      at++;
    }
  }
}

const Allocation* allocationAt(uintptr_t address) {
  auto next = live().upper_bound(address);
  if (next == live().begin()) return nullptr;
  const Allocation& a = std::prev(next)->second;
  return address < a.start + a.bytes ? &a : nullptr;
}

std::string outside(uintptr_t address, size_t bytes) {
  char text[200];
  if (const Allocation* a = allocationAt(address)) {
    if (bytes <= a->start + a->bytes - address) return "";
    snprintf(text, sizeof text,
             "%zu bytes at %#lx pass the end of an allocation of %zu bytes at %#lx", bytes, address,
             a->bytes, a->start);
    return text;
  }
  for (auto a = freed().rbegin(); a != freed().rend(); a++) {
    if (address >= a->start && address < a->start + a->bytes) {
      snprintf(text, sizeof text,
               "%#lx is %zu bytes into an allocation of %zu bytes that was freed", address,
               address - a->start, a->bytes);
      return text;
    }
  }
  auto next = live().upper_bound(address);
  if (next != live().begin() &&
      address < std::prev(next)->second.mapped + std::prev(next)->second.mappedBytes + Page) {
    const Allocation& a = std::prev(next)->second;
    snprintf(text, sizeof text, "%#lx is %zu bytes past the end of an allocation of %zu bytes",
             address, address - a.start - a.bytes, a.bytes);
  } else if (next != live().end() && address >= next->second.mapped - Page) {
    snprintf(text, sizeof text, "%#lx is %zu bytes before an allocation of %zu bytes", address,
             next->second.start - address, next->second.bytes);
  } else {
    snprintf(text, sizeof text, "%#lx is no device address", address);
  }
  return text;
}

std::map<uintptr_t, PinnedRange>& pinned() {
  static auto* map = new std::map<uintptr_t, PinnedRange>;
  return *map;
}

bool isPinned(uintptr_t address, size_t bytes) {
  auto next = pinned().upper_bound(address);
  if (next == pinned().begin()) return false;
  const PinnedRange& r = std::prev(next)->second;
  return address < r.start + r.bytes && bytes <= r.start + r.bytes - address;
}

}  // namespace cudasim
