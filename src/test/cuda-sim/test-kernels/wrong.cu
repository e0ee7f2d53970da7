// Deliberate mistakes, each of which the simulator has to catch. The self-test reads the line of a
// mistake from the mark behind it.

extern "C" __global__ void pastTheEnd(double* y, long long n) {
  long long i = threadIdx.x;
  if (i <= n) {
    y[i] = 1;  // mistake: pastTheEnd
  }
}

extern "C" __global__ void beforeTheStart(const double* y, double* out) {
  out[threadIdx.x] = y[static_cast<long long>(threadIdx.x) - 1];  // mistake: beforeTheStart
}

/* Reads what another thread writes with no barrier between. */
extern "C" __global__ void missingBarrier(double* out) {
  __shared__ double s[64];
  s[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = s[63 - threadIdx.x];  // mistake: missingBarrier
}

/* The same where the array belongs to a template. */
template <typename T>
__device__ void reversed(T* out) {
  __shared__ T s[64];
  s[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = s[63 - threadIdx.x];  // mistake: missingBarrierInTemplate
}

extern "C" __global__ void missingBarrierInTemplate(double* out) { reversed(out); }

/* Shared memory that nobody wrote. */
extern "C" __global__ void unwrittenShared(double* out) {
  __shared__ double s[64];
  if (threadIdx.x > 0) {
    s[threadIdx.x] = 1;
  }
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x];
}

/* The second round writes what others may still read. */
extern "C" __global__ void missingSecondBarrier(double* out) {
  __shared__ double first;
  double sum = 0;
  for (int round = 0; round < 2; round++) {
    if (threadIdx.x == 0) {
      first = round;  // mistake: missingSecondBarrier
    }
    __syncthreads();
    sum += first;
  }
  out[threadIdx.x] = sum;
}

extern "C" __global__ void halfReachTheBarrier(double* out) {
  if (threadIdx.x < 32) {
    __syncthreads();  // mistake: halfReachTheBarrier
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void twoBarriers(double* out) {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();  // mistake: twoBarriers
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void laneStaysAway(double* out) {
  double v = 1;
  if (threadIdx.x != 7) {
    v = __shfl_xor_sync(0xffffffffu, v, 1);  // mistake: laneStaysAway
  }
  __syncthreads();
  out[threadIdx.x] = v;
}

extern "C" __global__ void maskWithoutItself(int* out) {
  out[threadIdx.x] = __shfl_sync(0x7fffffffu, 1, 0);  // mistake: maskWithoutItself
}

extern "C" __global__ void indexPastTheArray(double* out, int k) {
  __shared__ double a[4];
  __shared__ double b[4];
  b[threadIdx.x] = 2;
  a[threadIdx.x + k] = 1;  // mistake: indexPastTheArray
  out[threadIdx.x] = b[threadIdx.x];
}

extern "C" __global__ void intOverflow(double* out, int rows, int columns) {
  long long n = rows * columns;  // mistake: intOverflow
  out[threadIdx.x] = static_cast<double>(n);
}

extern "C" __global__ void misaligned(const float* x, double* out) {
  const double2* pairs = reinterpret_cast<const double2*>(x + 1);
  out[threadIdx.x] = pairs[threadIdx.x].x;  // mistake: misaligned
}

extern "C" __global__ void nullPointer(double* out, const double* nothing) {
  out[threadIdx.x] = nothing[threadIdx.x];  // mistake: nullPointer
}

extern "C" __global__ void failedAssertion(double* out) {
  assert(out == nullptr);  // mistake: failedAssertion
}

/* Which thread wins depends on the order; only another order shows it. */
extern "C" __global__ void lastOneWins(double* out) {
  out[0] = blockIdx.x * blockDim.x + threadIdx.x;
}

/* Writes every entry but one. */
extern "C" __global__ void forgetsOne(double* out) {
  if (threadIdx.x != 3) {
    out[threadIdx.x] = 1;
  }
}
