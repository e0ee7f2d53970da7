// Streams. Work is done when something waits for it (a synchronise call, a blocking copy, a free),
// in the order that CUDA promises and no earlier: a stream that is read before it is waited for,
// or two streams without an event between them, show the old values every time, not now and then.
#include "stream.h"

#include <deque>

namespace cudasim {
namespace {

uint64_t lastNumber = 0;

std::map<int, Stream>& defaultStreams() {
  static auto* map = new std::map<int, Stream>;
  return *map;
}

Stream* find(uintptr_t stream) {
  int device = currentDevice();
  if (device < 0) return nullptr;
  if (stream <= 1) {  // 1 is CU_STREAM_LEGACY
    defaultStreams()[device].device = device;
    return &defaultStreams()[device];
  }
  auto at = streams().find(stream);
  return at == streams().end() || at->second.device != device ? nullptr : &at->second;
}

void execute(Stream& stream, Operation operation) {
  // Legacy rules: the default stream and the blocking streams wait for each other.
  if (&stream == &defaultStreams()[stream.device]) {
    for (auto& [handle, other] : streams())
      if (other.device == stream.device && !other.nonBlocking) runUpTo(other, operation.number);
  } else if (!stream.nonBlocking) {
    runUpTo(defaultStreams()[stream.device], operation.number);
  }
  if (errorOfDevice(stream.device) == Success) {
    Result result = operation.work();
    if (result != Success) killDevice(stream.device, result);
  }
}

}  // namespace

std::map<uintptr_t, Stream>& streams() {
  static auto* map = new std::map<uintptr_t, Stream>;
  return *map;
}

void runUpTo(Stream& stream, uint64_t number) {
  while (!stream.waiting.empty() && stream.waiting.front().number <= number) {
    Operation operation = std::move(stream.waiting.front());
    stream.waiting.pop_front();
    execute(stream, std::move(operation));
  }
}

bool isStream(uintptr_t stream) { return find(stream) != nullptr; }

Result enqueue(uintptr_t handle, Work work) {
  Stream* stream = find(handle);
  if (stream == nullptr) return currentDevice() < 0 ? InvalidContext : InvalidHandle;
  if (stickyError() != Success) return stickyError();
  stream->waiting.push_back({++lastNumber, std::move(work)});
  if (numberSetting("EAGER", 0) != 0) return finishStream(handle);
  return Success;
}

uint64_t lastOperation() { return lastNumber; }

Result finishStream(uintptr_t handle) {
  Stream* stream = find(handle);
  if (stream == nullptr) return currentDevice() < 0 ? InvalidContext : InvalidHandle;
  if (handle <= 1) {  // waits for the blocking streams too, with or without work of its own
    for (auto& [h, other] : streams())
      if (other.device == stream->device && !other.nonBlocking) runUpTo(other, lastNumber);
  }
  runUpTo(*stream, lastNumber);
  return stickyError();
}

Result stepStream(uintptr_t handle) {
  Stream* stream = find(handle);
  if (stream == nullptr) return InvalidHandle;
  if (stream->waiting.empty()) return stickyError();
  runUpTo(*stream, stream->waiting.front().number);
  return stickyError() != Success ? stickyError() : NotReady;
}

Result finishDevice(int device) {
  runUpTo(defaultStreams()[device], lastNumber);
  for (auto& [handle, stream] : streams())
    if (stream.device == device) runUpTo(stream, lastNumber);
  return errorOfDevice(device);
}

void forgetStreams(int device) {
  defaultStreams().erase(device);
  for (auto at = streams().begin(); at != streams().end();) {
    bool gone = at->second.device == device;
    if (gone) counter("live streams")--;
    at = gone ? streams().erase(at) : std::next(at);
  }
}

}  // namespace cudasim
