// Streams, as driver.cc manages them.
#pragma once

#include <deque>

#include "sim.h"

namespace cudasim {

struct Operation {
  uint64_t number;  // over all streams, in the order of the calls
  Work work;
};

struct Stream {
  int device = 0;
  bool nonBlocking = false;
  int priority = 0;
  std::deque<Operation> waiting;
};

std::map<uintptr_t, Stream>& streams();
/** Does the work of a stream up to an operation, and what that has to wait for. */
void runUpTo(Stream& stream, uint64_t number);
uint64_t lastOperation();
/** Does one piece of work: NotReady, or Success when there was none left. */
Result stepStream(uintptr_t stream);
void forgetStreams(int device);

// In driver.cc.
Result errorOfDevice(int device);
void killDevice(int device, Result error);

}  // namespace cudasim
