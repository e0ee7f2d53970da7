// cuSPARSE: its version. Everything else is a stub.
#include "sim.h"

using namespace cudasim;

extern "C" int cusparseGetProperty(int which, int* value) {
  const int version[] = {libraryVersion(reinterpret_cast<void*>(&cusparseGetProperty)), 5, 4};
  if (which < 0 || which > 2 || value == nullptr) return 3;  // CUSPARSE_STATUS_INVALID_VALUE
  *value = version[which];
  return 0;
}
