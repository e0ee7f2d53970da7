// y = a x + y

extern "C" __global__ void axpy(double a, const double* __restrict__ x, double* y, long long n) {
  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = a * x[i] + y[i];
  }
}
