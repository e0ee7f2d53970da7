// Runs the blocks of a grid one after another, each thread as a fiber: a stack of its own and a
// switch of a few instructions. A thread runs until it waits for others; a fiber whose thread
// returns goes on with the next thread, so that a kernel without barriers never switches.
//
// Kernels are compiled with -fsanitize=thread and parts of -fsanitize=undefined, but linked
// without the sanitizers' libraries: the compiler then calls __tsan_read8(address) and the like
// before each access, and those functions are here. So each access of a kernel is checked against
// device memory (byte by byte, also after a free) before it happens, and races on shared memory
// are found, with no signal handler that could get into the way of a JVM's.
#include <dlfcn.h>
#include <sys/mman.h>

#include <numeric>
#include <random>

#include "sim.h"

// switchStack(save, load): saves the callee-saved registers and the stack pointer, loads others.
asm(R"(
.text
.local cudasim_switch
.type cudasim_switch, @function
cudasim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cudasim_switch, .-cudasim_switch
)");
extern "C" void cudasim_switch(void** save, void* load);

namespace cudasim {
namespace {

constexpr int MaxThreads = 1024, WarpSize = 32;
constexpr size_t StackBytes = 64 << 10, StackGuard = 4096;
constexpr size_t MaxShared = 164 << 10;

enum class State : unsigned char { New, Ready, AtBarrier, InCollective, Done };

struct Fiber {
  void* stackPointer = nullptr;
};

struct Thread {
  uint3 index;
  int fiber;
  // What it waits for.
  Site site;
  Count count;
  Collective what;
  unsigned mask, lane, width;
  uint64_t value;  // goes in with the request, comes out as its result
};

/** One access to a granule of shared memory. */
struct Trace {
  uint64_t epoch = 0;  // 0: none
  unsigned warpEpoch = 0;
  int thread = -1;
  bool atomic = false;
  void* pc = nullptr;
};
struct Granule {
  Trace write, read, otherRead;  // the last reads of two different threads
};

struct Machine {
  Thread threads[MaxThreads];
  State states[MaxThreads];  // beside the threads: the scheduler looks at all of them often
  int done = 0;
  const Launch* launch = nullptr;  // null while no kernel runs
  int count = 0;
  std::vector<int> queue;
  size_t next = 0;
  Thread* running = nullptr;
  Fiber fibers[MaxThreads];
  std::vector<int> idleFibers;
  int madeFibers = 0;
  char* stacks = nullptr;
  void* scheduler = nullptr;
  std::mt19937_64 random;

  Result error = Success;
  char message[1000];
  void* errorPc = nullptr;
  void* otherPc = nullptr;  // of the access that a race is with

  uint64_t epoch = 0;  // grows at every barrier and block
  unsigned warpEpoch[MaxThreads / WarpSize];
  std::vector<Granule> granules;
  const Allocation* recent[4];
  int nextRecent = 0;
};

Machine& machine() {
  static Machine* machine = new Machine;
  return *machine;
}
Machine& m = machine();
alignas(256) char dynamicMemory[MaxShared];

int indexOf(const Thread* t) { return static_cast<int>(t - m.threads); }

/** Ends the kernel: back to the scheduler, never to return to this fiber. */
[[noreturn]] __attribute__((format(printf, 3, 4))) void fail(Result error, void* pc,
                                                             const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(m.message, sizeof m.message, format, arguments);
  va_end(arguments);
  m.error = error;
  m.errorPc = pc;
  void* abandoned;
  cudasim_switch(&abandoned, m.scheduler);
  __builtin_unreachable();
}

Thread* nextNew() {
  if (m.next < m.queue.size() && m.states[m.queue[m.next]] == State::New)
    return &m.threads[m.queue[m.next++]];
  return nullptr;
}

void start(Thread* t, int fiber) {
  t->fiber = fiber;
  m.states[indexOf(t)] = State::Ready;
  m.running = t;
  threadIndex = &t->index;
}

void fiberMain() {
  for (;;) {
    m.launch->kernel->invoke(m.launch->kernel->function, m.launch->arguments);
    Thread* t = m.running;
    int fiber = t->fiber;
    m.states[indexOf(t)] = State::Done;
    m.done++;
    if (Thread* another = nextNew()) {
      start(another, fiber);
    } else {
      m.idleFibers.push_back(fiber);
      cudasim_switch(&m.fibers[fiber].stackPointer, m.scheduler);
    }
  }
}

void makeFiber(int i) {
  if (m.stacks == nullptr) {
    size_t bytes = MaxThreads * (StackBytes + StackGuard);
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m.stacks = p == MAP_FAILED ? nullptr : static_cast<char*>(p);
    for (int k = 0; k < MaxThreads; k++)
      mprotect(m.stacks + k * (StackBytes + StackGuard), StackGuard, PROT_NONE);
  }
  char* top = m.stacks + (i + 1) * (StackBytes + StackGuard);
  void** sp = reinterpret_cast<void**>(top) - 2;
  *sp = reinterpret_cast<void*>(&fiberMain);  // with the alignment that a called function expects
  sp -= 6;
  std::fill(sp, sp + 6, nullptr);
  m.fibers[i].stackPointer = sp;
}

int takeFiber() {
  if (m.idleFibers.empty()) {
    makeFiber(m.madeFibers);
    return m.madeFibers++;
  }
  int i = m.idleFibers.back();
  m.idleFibers.pop_back();
  return i;
}

void forgetFibers() {
  m.madeFibers = 0;
  m.idleFibers.clear();
}

/** Runs the threads of the queue until each of them waits or has returned. */
void runQueue() {
  while (m.next < m.queue.size() && m.error == Success) {
    Thread* t = &m.threads[m.queue[m.next++]];
    start(t, m.states[indexOf(t)] == State::New ? takeFiber() : t->fiber);
    cudasim_switch(&m.scheduler, m.fibers[t->fiber].stackPointer);
  }
}

/** Leaves the running thread waiting in a state, until the scheduler runs it again. */
void wait(State state) {
  Thread* t = m.running;
  m.states[indexOf(t)] = state;
  cudasim_switch(&m.fibers[t->fiber].stackPointer, m.scheduler);
}

enum class Order { Forward, Reverse, Shuffle };

Order order() {
  std::string order = setting("ORDER", "forward");
  if (order.rfind("shuffle", 0) == 0) return Order::Shuffle;
  return order == "reverse" ? Order::Reverse : Order::Forward;
}

template <typename T>
void arrange(std::vector<T>& list, Order order) {
  if (order == Order::Reverse) std::reverse(list.begin(), list.end());
  if (order == Order::Shuffle) std::shuffle(list.begin(), list.end(), m.random);
}

bool sameSite(Site a, Site b) {
  return a.line == b.line && (a.file == b.file || strcmp(a.file, b.file) == 0);
}

const char* baseName(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

/** Threads as ranges: "0..31, 40". */
std::string ranges(const std::vector<int>& threads) {
  std::string text;
  for (size_t i = 0; i < threads.size();) {
    size_t j = i;
    while (j + 1 < threads.size() && threads[j + 1] == threads[j] + 1) j++;
    text += (text.empty() ? "" : ", ") + std::to_string(threads[i]);
    if (j > i) text += ".." + std::to_string(threads[j]);
    i = j + 1;
  }
  return text;
}

/** What every thread does, for a block in which none can go on. */
std::string whereTheyAre() {
  std::map<std::string, std::vector<int>> places;
  for (int i = 0; i < m.count; i++) {
    const Thread& t = m.threads[i];
    std::string place = "have returned";
    if (m.states[i] != State::Done) {
      place = std::string("wait at ") + baseName(t.site.file) + ":" + std::to_string(t.site.line);
      if (m.states[i] == State::InCollective) {
        char mask[60];
        snprintf(mask, sizeof mask, " in a warp operation with mask %#x", t.mask);
        place += mask;
      }
    }
    places[place].push_back(i);
  }
  std::string text;
  for (auto& [place, threads] : places)
    text += (text.empty() ? "threads " : "; threads ") + ranges(threads) + " " + place;
  return text;
}

/** The lanes that wait together with the lane; 0 unless all that the mask names are there. */
unsigned meeting(int firstOfWarp, int lane) {
  const Thread& t = m.threads[firstOfWarp + lane];
  unsigned there = 0;
  for (int i = 0; i < WarpSize && firstOfWarp + i < m.count; i++) {
    const Thread& other = m.threads[firstOfWarp + i];
    State state = m.states[firstOfWarp + i];
    if (!((t.mask >> i) & 1u) || state == State::Done) continue;
    if (state != State::InCollective || other.mask != t.mask || other.what != t.what ||
        !sameSite(other.site, t.site))
      return 0;
    there |= 1u << i;
  }
  return there;
}

void complete(int firstOfWarp, unsigned lanes) {
  constexpr uint64_t Undefined = ~uint64_t{0};  // from a lane that is not there
  uint64_t in[WarpSize], out[WarpSize] = {};
  for (int i = 0; i < WarpSize; i++)
    in[i] = (lanes >> i) & 1u ? m.threads[firstOfWarp + i].value : Undefined;
  for (int i = 0; i < WarpSize; i++) {
    if (!((lanes >> i) & 1u)) continue;
    const Thread& t = m.threads[firstOfWarp + i];
    int width = static_cast<int>(t.width), begin = i / width * width, from = i;
    switch (t.what) {
      case Collective::Sync:
        break;
      case Collective::Ballot:
        for (int k = 0; k < WarpSize; k++)
          if ((lanes >> k) & 1u) out[i] |= (in[k] & 1u) << k;
        continue;
      case Collective::Match:
        for (int k = 0; k < WarpSize; k++)
          if (((lanes >> k) & 1u) && in[k] == in[i]) out[i] |= uint64_t{1} << k;
        continue;
      case Collective::Shuffle:
        from = begin + static_cast<int>(t.lane % t.width);
        break;
      case Collective::ShuffleUp:
        if (i - static_cast<int>(t.lane) >= begin) from = i - static_cast<int>(t.lane);
        break;
      case Collective::ShuffleDown:
        if (i + static_cast<int>(t.lane) < begin + width) from = i + static_cast<int>(t.lane);
        break;
      case Collective::ShuffleXor:
        if ((i ^ static_cast<int>(t.lane)) < begin + width) from = i ^ static_cast<int>(t.lane);
        break;
    }
    out[i] = in[from];
  }
  for (int i = 0; i < WarpSize; i++) {
    if (!((lanes >> i) & 1u)) continue;
    m.threads[firstOfWarp + i].value = out[i];
    m.states[firstOfWarp + i] = State::Ready;
    m.queue.push_back(firstOfWarp + i);
  }
  m.warpEpoch[firstOfWarp / WarpSize]++;
}

/** Lets those go on whose collective or barrier is complete; false if there are none. */
bool release(Order order) {
  m.queue.clear();
  m.next = 0;
  for (int first = 0; first < m.count; first += WarpSize) {
    for (int i = 0; i < WarpSize && first + i < m.count; i++) {
      if (m.states[first + i] != State::InCollective) continue;
      if (unsigned lanes = meeting(first, i)) complete(first, lanes);
    }
  }
  if (m.queue.empty()) {
    int sum = 0;
    for (int i = 0; i < m.count; i++) {
      const Thread& t = m.threads[i];
      if (m.states[i] != State::AtBarrier || !sameSite(t.site, m.threads[0].site)) return false;
      sum += static_cast<int>(t.value);
    }
    for (int i = 0; i < m.count; i++) {
      Thread& t = m.threads[i];
      t.value = t.count == Count::Sum   ? static_cast<uint64_t>(sum)
                : t.count == Count::And ? sum == m.count
                                        : sum > 0;
      m.queue.push_back(i);
    }
    m.epoch++;
  }
  arrange(m.queue, order);
  return true;
}

void runBlock(const Launch& launch, uint3 block, Order order) {
  if (launch.file->shared != nullptr)
    memset(launch.file->shared, 0xFF, launch.file->sharedEnd - launch.file->shared);
  memset(dynamicMemory, 0xFF, launch.dynamicShared);
  m.epoch++;
  std::fill(std::begin(m.warpEpoch), std::end(m.warpEpoch), 0u);
  m.done = 0;
  std::fill(m.states, m.states + m.count, State::New);
  m.queue.resize(static_cast<size_t>(m.count));
  m.next = 0;
  std::iota(m.queue.begin(), m.queue.end(), 0);
  gridPlace.blockIndex = block;
  arrange(m.queue, order);
  for (;;) {
    runQueue();
    if (m.error != Success) return;
    if (m.done == m.count) return;
    if (!release(order)) {
      m.error = LaunchFailed;
      m.errorPc = nullptr;
      m.running = nullptr;
      snprintf(m.message, sizeof m.message, "no thread can go on: %s", whereTheyAre().c_str());
      return;
    }
  }
}

/** "file.cu:12", where addr2line is there to tell, else the place in the library. */
std::string place(void* pc) {
  Dl_info library;
  if (pc == nullptr || dladdr(pc, &library) == 0) return "";
  uintptr_t offset =
      reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(library.dli_fbase) - 1;
  char command[1200], line[1000] = "";
  snprintf(command, sizeof command, "addr2line -s -e '%s' %#lx 2>/dev/null", library.dli_fname,
           offset);
  if (FILE* pipe = popen(command, "r")) {
    if (fgets(line, sizeof line, pipe) == nullptr) line[0] = 0;
    pclose(pipe);
  }
  line[strcspn(line, " \n")] = 0;
  if (line[0] != 0 && line[0] != '?') return line;
  snprintf(line, sizeof line, "%s+%#lx", baseName(library.dli_fname), offset);
  return line;
}

inline bool ordered(const Trace& before, const Thread* now) {
  int thread = indexOf(now);
  if (before.epoch != m.epoch || before.thread == thread) return true;
  return before.thread / WarpSize == thread / WarpSize &&
         before.warpEpoch != m.warpEpoch[thread / WarpSize];
}

void noteShared(size_t offset, bool write, bool atomic, void* pc) {
  if (offset >= m.granules.size()) m.granules.resize(offset + 4096);
  Granule& g = m.granules[offset];
  Thread* t = m.running;
  Trace now{m.epoch, m.warpEpoch[indexOf(t) / WarpSize], indexOf(t), atomic, pc};
  const Trace* conflict = nullptr;
  if (!ordered(g.write, t) && !(atomic && g.write.atomic)) conflict = &g.write;
  if (write && !atomic && !ordered(g.read, t)) conflict = &g.read;
  if (write && !atomic && !ordered(g.otherRead, t)) conflict = &g.otherRead;
  if (conflict != nullptr) {
    m.otherPc = conflict->pc;
    fail(LaunchFailed, pc,
         "race on shared memory: it %s, with no barrier between, what thread %d %s",
         write ? "writes" : "reads", conflict->thread, conflict == &g.write ? "wrote" : "read");
  }
  if (write) {
    g.write = now;
  } else {
    if (g.read.thread != now.thread) g.otherRead = g.read;
    g.read = now;
  }
}

inline __attribute__((always_inline)) bool within(uintptr_t address, size_t bytes,
                                                  const void* start, size_t length) {
  uintptr_t from = reinterpret_cast<uintptr_t>(start);
  return address >= from && address - from < length && bytes <= length - (address - from);
}

__attribute__((noinline)) void unusualAccess(uintptr_t address, size_t bytes, bool write,
                                             bool atomic, void* pc) {
  const SourceFile& file = *m.launch->file;
  size_t staticShared = file.shared == nullptr ? 0 : file.sharedEnd - file.shared;
  bool isStatic = within(address, bytes, file.shared, staticShared);
  if (isStatic || within(address, bytes, dynamicMemory, m.launch->dynamicShared)) {
    size_t offset = isStatic ? address - reinterpret_cast<uintptr_t>(file.shared)
                             : staticShared + address - reinterpret_cast<uintptr_t>(dynamicMemory);
    for (size_t i = 0; i < bytes; i += 4) noteShared(offset + i, write, atomic, pc);
    return;
  }
  if (const Allocation* a = allocationAt(address)) {
    if (bytes <= a->start + a->bytes - address) {
      if (a->device != m.launch->device)
        fail(IllegalAddress, pc, "%#lx is memory of device %d", address, a->device);
      m.recent[m.nextRecent++ % 4] = a;
      return;
    }
  } else if (isPinned(address, bytes) || (!write && inKernelLibrary(address))) {
    return;
  }
  if (within(address, bytes, dynamicMemory, MaxShared))
    fail(IllegalAddress, pc, "%s of %zu bytes at byte %zu of dynamic shared memory, which has %zu",
         write ? "write" : "read", bytes, address - reinterpret_cast<uintptr_t>(dynamicMemory),
         m.launch->dynamicShared);
  fail(IllegalAddress, pc, "%s of %zu bytes: %s", write ? "write" : "read", bytes,
       address < 4096 ? "null pointer" : outside(address, bytes).c_str());
}

inline void access(const void* at, size_t bytes, bool write, void* pc) {
  if (m.launch == nullptr) return;
  uintptr_t address = reinterpret_cast<uintptr_t>(at);
  if (within(address, bytes, m.stacks, MaxThreads * (StackBytes + StackGuard))) return;
  if (bytes <= 16 && (address & (bytes - 1)) != 0)
    fail(MisalignedAddress, pc, "%s of %zu bytes at %#lx, which is not a multiple of %zu",
         write ? "write" : "read", bytes, address, bytes);
  for (const Allocation* a : m.recent)
    if (a != nullptr && within(address, bytes, reinterpret_cast<void*>(a->start), a->bytes)) return;
  unusualAccess(address, bytes, write, false, pc);
}

}  // namespace

GridPlace gridPlace;
const uint3* threadIndex;

void* dynamicShared() { return dynamicMemory; }

int blockBarrier(Site site, Count count, int predicate) {
  Thread* t = m.running;
  t->site = site;
  t->count = count;
  t->value = static_cast<uint64_t>(predicate);
  wait(State::AtBarrier);
  return static_cast<int>(t->value);
}

uint64_t warpCollective(Site site, Collective what, unsigned mask, uint64_t value, unsigned lane,
                        unsigned width) {
  Thread* t = m.running;
  t->site = site;
  if (!((mask >> (indexOf(t) % WarpSize)) & 1u))
    fail(LaunchFailed, nullptr,
         "%s:%d: a warp operation whose mask %#x leaves out the thread itself", baseName(site.file),
         site.line, mask);
  if (width == 0 || width > WarpSize || (width & (width - 1)) != 0)
    fail(LaunchFailed, nullptr, "%s:%d: shuffle width %u", baseName(site.file), site.line, width);
  t->what = what;
  t->mask = mask;
  t->value = value;
  t->lane = lane;
  t->width = width;
  wait(State::InCollective);
  return t->value;
}

unsigned liveLanes() {
  int first = indexOf(m.running) / WarpSize * WarpSize;
  unsigned lanes = 0;
  for (int i = 0; i < WarpSize && first + i < m.count; i++)
    if (m.states[first + i] != State::Done) lanes |= 1u << i;
  return lanes;
}

void atomicAccess(const void* address, size_t size) {
  void* pc = __builtin_return_address(0);
  if (reinterpret_cast<uintptr_t>(address) % size != 0)
    fail(MisalignedAddress, pc, "atomic operation on %p", address);
  unusualAccess(reinterpret_cast<uintptr_t>(address), size, true, true, pc);
}

void assertFailed(Site site, const char* condition) {
  fail(Assert, nullptr, "%s:%d: assertion failed: %s", baseName(site.file), site.line, condition);
}

Result run(const Launch& launch) {
  m.launch = &launch;
  m.count = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
  m.error = Success;
  m.otherPc = nullptr;
  std::fill(std::begin(m.recent), std::end(m.recent), nullptr);
  gridPlace.blockSize = launch.block;
  gridPlace.gridSize = launch.grid;
  for (int i = 0; i < m.count; i++) {
    unsigned n = static_cast<unsigned>(i), x = launch.block.x, y = launch.block.y;
    m.threads[i].index = {n % x, n / x % y, n / x / y};
  }
  Order order = cudasim::order();
  if (order == Order::Shuffle) {
    std::string text = setting("ORDER", "");
    size_t colon = text.find(':');
    m.random.seed(colon == std::string::npos ? 1 : strtoull(text.c_str() + colon + 1, nullptr, 10));
  }
  std::vector<uint64_t> blocks(uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z);
  std::iota(blocks.begin(), blocks.end(), uint64_t{0});
  arrange(blocks, order);
  for (uint64_t b : blocks) {
    uint3 block = {static_cast<unsigned>(b % launch.grid.x),
                   static_cast<unsigned>(b / launch.grid.x % launch.grid.y),
                   static_cast<unsigned>(b / launch.grid.x / launch.grid.y)};
    runBlock(launch, block, order);
    if (m.error != Success) {
      m.launch = nullptr;
      forgetFibers();
      std::string where = place(m.errorPc), other = place(m.otherPc), thread;
      if (m.running != nullptr) {
        uint3 t = m.running->index;
        thread = " thread (" + std::to_string(t.x) + ", " + std::to_string(t.y) + ", " +
                 std::to_string(t.z) + ")";
      }
      say("kernel %s block (%u, %u, %u)%s: %s%s%s%s%s", launch.kernel->name, block.x, block.y,
          block.z, thread.c_str(), where.c_str(), where.empty() ? "" : ": ", m.message,
          other.empty() ? "" : " at ", other.c_str());
      break;
    }
  }
  m.launch = nullptr;
  return m.error;
}

}  // namespace cudasim

using namespace cudasim;

// What the compiler calls before accesses of kernels.
extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
#define CUDASIM_ACCESS(n)                                                                      \
  void __tsan_read##n(void* p) { access(p, n, false, __builtin_return_address(0)); }           \
  void __tsan_write##n(void* p) { access(p, n, true, __builtin_return_address(0)); }           \
  void __tsan_volatile_read##n(void* p) { access(p, n, false, __builtin_return_address(0)); }  \
  void __tsan_volatile_write##n(void* p) { access(p, n, true, __builtin_return_address(0)); }  \
  void __tsan_unaligned_read##n(void* p) { access(p, n, false, __builtin_return_address(0)); } \
  void __tsan_unaligned_write##n(void* p) { access(p, n, true, __builtin_return_address(0)); }
CUDASIM_ACCESS(1)
CUDASIM_ACCESS(2)
CUDASIM_ACCESS(4)
CUDASIM_ACCESS(8)
CUDASIM_ACCESS(16)
void __tsan_read_range(void* p, size_t n) { access(p, n, false, __builtin_return_address(0)); }
void __tsan_write_range(void* p, size_t n) { access(p, n, true, __builtin_return_address(0)); }
void __tsan_vptr_update(void**, void*) {}

// What it calls for undefined behaviour; the first member of every report is its place.
struct UndefinedBehaviour {
  const char* file;
  unsigned line, column;
};
#define CUDASIM_UNDEFINED(handler, what)                                            \
  void __ubsan_handle_##handler(UndefinedBehaviour* at) {                           \
    if (m.launch != nullptr)                                                        \
      fail(LaunchFailed, nullptr, "%s:%u: %s", baseName(at->file), at->line, what); \
  }
CUDASIM_UNDEFINED(out_of_bounds, "index outside the array")
CUDASIM_UNDEFINED(shift_out_of_bounds, "shift by a negative number or by the width or more")
CUDASIM_UNDEFINED(add_overflow, "signed overflow in an addition")
CUDASIM_UNDEFINED(sub_overflow, "signed overflow in a subtraction")
CUDASIM_UNDEFINED(mul_overflow, "signed overflow in a multiplication")
CUDASIM_UNDEFINED(negate_overflow, "signed overflow in a negation")
CUDASIM_UNDEFINED(divrem_overflow, "integer division by zero, or its overflow")
void __ubsan_handle_type_mismatch_v1(UndefinedBehaviour* at, uintptr_t pointer) {
  if (m.launch == nullptr) return;
  if (pointer == 0)
    fail(IllegalAddress, nullptr, "%s:%u: null pointer", baseName(at->file), at->line);
  fail(MisalignedAddress, nullptr, "%s:%u: access at %#lx, which is not aligned for its type",
       baseName(at->file), at->line, pointer);
}
}
