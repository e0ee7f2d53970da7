package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcusparse.JCusparse;
import jcuda.libraryPropertyType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The simulator answers JCuda and java.lang.foreign as the libraries it stands in for would. */
@SimulatedCuda
@SuppressWarnings("restricted") // NVRTC is called by hand here.
class SimulatedCudaTest {
  private static final Path KERNELS = Path.of("src/test/cuda-sim/test-kernels");

  private static final int LOWER = 0; // CUBLAS_FILL_MODE_LOWER

  private final CUcontext context = new CUcontext();

  @BeforeEach
  void retainContext() {
    JCudaDriver.setExceptionsEnabled(true);
    JCudaDriver.cuInit(0);
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, 0);
    JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    JCudaDriver.cuCtxSetCurrent(context);
  }

  @AfterEach
  void releaseContext() {
    JCudaDriver.setExceptionsEnabled(true);
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, 0);
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }

  @Test
  void theDeviceNamesItselfASimulator() {
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, 0);
    byte[] name = new byte[100];
    JCudaDriver.cuDeviceGetName(name, name.length, device);

    assertThat(new String(name, US_ASCII).trim()).endsWith("simulator");
  }

  @Test
  void aKernelCompiledByNvrtcRuns() throws Throwable {
    CUmodule module = new CUmodule();
    JCudaDriver.cuModuleLoadData(module, compiled("axpy.cu"));
    CUfunction axpy = new CUfunction();
    JCudaDriver.cuModuleGetFunction(axpy, module, "axpy");
    double[] x = {1, 2, 3};
    double[] y = {10, 20, 30};
    CUdeviceptr xOnDevice = upload(x);
    CUdeviceptr yOnDevice = upload(y);

    Pointer arguments =
        Pointer.to(
            Pointer.to(new double[] {2}),
            Pointer.to(xOnDevice),
            Pointer.to(yOnDevice),
            Pointer.to(new long[] {3}));
    JCudaDriver.cuLaunchKernel(axpy, 1, 1, 1, 256, 1, 1, 0, null, arguments, null);
    JCudaDriver.cuMemcpyDtoH(Pointer.to(y), yOnDevice, 3L * Sizeof.DOUBLE);

    assertThat(y).containsExactly(12, 24, 36);
    JCudaDriver.cuMemFree(xOnDevice);
    JCudaDriver.cuMemFree(yOnDevice);
  }

  @Test
  void anAllocationBeyondTheDeviceIsOutOfMemory() {
    JCudaDriver.setExceptionsEnabled(false);

    assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1L << 40))
        .isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
  }

  @Test
  void aKernelThatWritesPastItsMemoryFails() throws Throwable {
    JCudaDriver.setExceptionsEnabled(false);
    CUmodule module = new CUmodule();
    JCudaDriver.cuModuleLoadData(module, compiled("wrong.cu"));
    CUfunction pastTheEnd = new CUfunction();
    JCudaDriver.cuModuleGetFunction(pastTheEnd, module, "pastTheEnd");
    Pointer arguments = Pointer.to(Pointer.to(upload(new double[8])), Pointer.to(new long[] {8}));

    JCudaDriver.cuLaunchKernel(pastTheEnd, 1, 1, 1, 9, 1, 1, 0, null, arguments, null);

    assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
  }

  @Test
  void cublasMultipliesMatrices() {
    JCublas2.setExceptionsEnabled(true);
    cublasHandle handle = new cublasHandle();
    JCublas2.cublasCreate(handle);
    CUdeviceptr a = upload(new double[] {1, 2, 3, 4, 5, 6}); // 2 x 3, by columns
    CUdeviceptr b = upload(new double[] {1, 0, 2}); // 3 x 1
    CUdeviceptr c = upload(new double[] {100, 200});

    Pointer one = Pointer.to(new double[] {1});
    JCublas2.cublasDgemm(
        handle,
        cublasOperation.CUBLAS_OP_N,
        cublasOperation.CUBLAS_OP_N,
        2,
        1,
        3,
        one,
        a,
        2,
        b,
        3,
        one,
        c,
        2);

    assertThat(download(c, 2)).containsExactly(111, 214);
    JCublas2.cublasDestroy(handle);
  }

  @Test
  void cusparseTellsItsVersion() {
    JCusparse.setExceptionsEnabled(true);
    int[] major = new int[1];
    JCusparse.cusparseGetProperty(libraryPropertyType.MAJOR_VERSION, major);

    assertThat(major[0]).isEqualTo(12);
  }

  @Test
  void cusolverFactorsAndNamesTheFirstBadPivot() throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup cusolver = SymbolLookup.libraryLookup("libcusolver.so.11", arena);
      MemorySegment handle = arena.allocate(ADDRESS);
      check(cusolver, "cusolverDnCreate", handle);
      MemorySegment solver = handle.get(ADDRESS, 0);
      MemorySegment size = arena.allocate(JAVA_INT);
      check(cusolver, "cusolverDnDpotrf_bufferSize", solver, LOWER, 2, MemorySegment.NULL, 2, size);
      int length = size.get(JAVA_INT, 0);
      DevicePointer workspace = upload(new double[length]);
      DevicePointer info = upload(new double[1]);
      DevicePointer definite = upload(new double[] {4, 2, Double.NaN, 10});
      DevicePointer indefinite = upload(new double[] {4, 2, Double.NaN, 1});

      check(
          cusolver,
          "cusolverDnDpotrf",
          solver,
          LOWER,
          2,
          segment(definite),
          2,
          segment(workspace),
          length,
          segment(info));
      assertThat(info(info)).isZero();
      assertThat(download(definite, 4)).containsExactly(2, 1, Double.NaN, 3);

      check(
          cusolver,
          "cusolverDnDpotrf",
          solver,
          LOWER,
          2,
          segment(indefinite),
          2,
          segment(workspace),
          length,
          segment(info));
      assertThat(info(info)).isEqualTo(2);
      check(cusolver, "cusolverDnDestroy", solver);
    }
  }

  private static DevicePointer upload(double[] values) {
    DevicePointer at = new DevicePointer();
    JCudaDriver.cuMemAlloc(at, (long) values.length * Sizeof.DOUBLE);
    JCudaDriver.cuMemcpyHtoD(at, Pointer.to(values), (long) values.length * Sizeof.DOUBLE);
    return at;
  }

  private static double[] download(CUdeviceptr from, int count) {
    double[] values = new double[count];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, (long) count * Sizeof.DOUBLE);
    return values;
  }

  private static int info(CUdeviceptr at) {
    int[] value = new int[1];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(value), at, Sizeof.INT);
    return value[0];
  }

  private static MemorySegment segment(DevicePointer pointer) {
    return MemorySegment.ofAddress(pointer.address());
  }

  /** What NVRTC makes of a file of test-kernels. */
  private static byte[] compiled(String file) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup nvrtc = SymbolLookup.libraryLookup("libnvrtc.so.12", arena);
      MemorySegment program = arena.allocate(ADDRESS);
      check(
          nvrtc,
          "nvrtcCreateProgram",
          program,
          arena.allocateFrom(Files.readString(KERNELS.resolve(file))),
          arena.allocateFrom(file),
          0,
          MemorySegment.NULL,
          MemorySegment.NULL);
      MemorySegment handle = program.get(ADDRESS, 0);
      MemorySegment options = arena.allocate(ADDRESS);
      options.set(ADDRESS, 0, arena.allocateFrom("--gpu-architecture=sm_80"));
      check(nvrtc, "nvrtcCompileProgram", handle, 1, options);
      MemorySegment size = arena.allocate(JAVA_LONG);
      check(nvrtc, "nvrtcGetCUBINSize", handle, size);
      MemorySegment image = arena.allocate(size.get(JAVA_LONG, 0));
      check(nvrtc, "nvrtcGetCUBIN", handle, image);
      check(nvrtc, "nvrtcDestroyProgram", program);
      return image.toArray(JAVA_BYTE);
    }
  }

  private static void check(SymbolLookup library, String function, Object... arguments)
      throws Throwable {
    MemoryLayout[] types = new MemoryLayout[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Integer ? JAVA_INT : ADDRESS;
    }
    int status =
        (int)
            Linker.nativeLinker()
                .downcallHandle(
                    library.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, types))
                .invokeWithArguments(arguments);
    assertThat(status).as(function).isZero();
  }
}
