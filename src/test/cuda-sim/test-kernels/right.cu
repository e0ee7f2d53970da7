// What the simulator has to run as a device does.

#ifndef DYNAMIC_SHARED
#define DYNAMIC_SHARED(T, name) extern __shared__ T name[]
#endif

/* out[block] = Σ of the block's entries of x, by shuffles in warps and shared memory between. */
extern "C" __global__ void __launch_bounds__(256) blockSum(const double* x, long long n,
                                                           double* out) {
  __shared__ double warps[8];
  long long i = blockIdx.x * 256LL + threadIdx.x;
  double v = i < n ? x[i] : 0;
  for (int offset = 16; offset > 0; offset /= 2) {
    v += __shfl_down_sync(0xffffffffu, v, offset);
  }
  if (threadIdx.x % 32 == 0) {
    warps[threadIdx.x / 32] = v;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    double sum = 0;
    for (int w = 0; w < 8; w++) {
      sum += warps[w];
    }
    out[blockIdx.x] = sum;
  }
}

/* out[0..31] for each warp operation in turn; a block of 32. */
extern "C" __global__ void warpOperations(int* out) {
  int lane = threadIdx.x;
  unsigned all = 0xffffffffu;
  out[lane] = __shfl_sync(all, lane, 5);
  out[32 + lane] = __shfl_up_sync(all, lane, 3);
  out[64 + lane] = __shfl_down_sync(all, lane, 3);
  out[96 + lane] = __shfl_xor_sync(all, lane, 7);
  out[128 + lane] = __shfl_down_sync(all, lane, 3, 8);
  out[160 + lane] = __popc(__ballot_sync(all, lane % 3 == 0));
  out[192 + lane] = __any_sync(all, lane == 31) + 2 * __all_sync(all, lane < 31);
  out[224 + lane] = static_cast<int>(__match_any_sync(all, lane % 4));
  if (lane < 8) {
    out[256 + lane] = __shfl_xor_sync(0xffu, lane, 1);
  } else {
    out[256 + lane] = static_cast<int>(__ballot_sync(0xffffff00u, lane % 2 == 0));
  }
}

struct Pair {
  double a;
  int b;
};

/* Arguments by value of several sizes; a vector type; dynamic shared memory; an atomic count. */
extern "C" __global__ void mixed(Pair pair, float f, unsigned char c, const double2* x, double* out,
                                 unsigned* count) {
  DYNAMIC_SHARED(double, tile);
  tile[threadIdx.x] = x[threadIdx.x].x * x[threadIdx.x].y;
  int even = __syncthreads_count(threadIdx.x % 2 == 0);
  out[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x] + pair.a * pair.b + f + c + even;
  atomicAdd(count, 1u);
}

/* hi and lo 32 bits of products, bit counts and the bits of doubles. */
extern "C" __global__ void integers(unsigned long long* out) {
  out[0] = __umulhi(0xdeadbeefu, 0xcafebabeu);
  out[1] = __umul64hi(0xdeadbeefcafebabeULL, 0x123456789abcdef1ULL);
  out[2] = __ffs(0x50) + 100 * __clz(1) + 10000 * __popcll(0xff00ff00ff00ff00ULL);
  out[3] = __double_as_longlong(-1.5);
  out[4] = __longlong_as_double(0x4000000000000000LL) == 2.0;
}

/* Where one ran in the grid. */
extern "C" __global__ void places(unsigned* out) {
  unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  unsigned i = block * blockDim.x * blockDim.y * blockDim.z + thread;
  out[i] = i;
}
