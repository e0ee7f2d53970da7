// What a kernel and the engine that runs it know of each other.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace cudasim {

/** Where in a kernel a barrier or a collective stands. */
struct Site {
  const char* file;
  int line;
};

/** The built-in variables but for threadIdx, which every thread has of its own. */
struct GridPlace {
  uint3 blockIndex;
  dim3 blockSize, gridSize;
};

enum class Collective { Sync, Shuffle, ShuffleUp, ShuffleDown, ShuffleXor, Ballot, Match };
enum class Count { None, Sum, And, Or };

extern GridPlace gridPlace;
extern const uint3* threadIndex;
void* dynamicShared();
int blockBarrier(Site site, Count count, int predicate);
uint64_t warpCollective(
    Site site, Collective what, unsigned mask, uint64_t value, unsigned lane, unsigned width);
unsigned liveLanes();
/** Tells the race detector that the next access is an atomic one. */
void atomicAccess(const void* address, size_t size);
[[noreturn]] void assertFailed(Site site, const char* condition);

}  // namespace cudasim
