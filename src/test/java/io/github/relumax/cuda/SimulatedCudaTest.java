package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The simulator answers JCuda and java.lang.foreign as the libraries it stands in for would. */
@SimulatedCuda
class SimulatedCudaTest {
  private static final Path KERNELS = Path.of("src/test/cuda-sim/test-kernels");

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

  private static CUdeviceptr upload(double[] values) {
    CUdeviceptr at = new CUdeviceptr();
    JCudaDriver.cuMemAlloc(at, (long) values.length * Sizeof.DOUBLE);
    JCudaDriver.cuMemcpyHtoD(at, Pointer.to(values), (long) values.length * Sizeof.DOUBLE);
    return at;
  }

  /** What NVRTC makes of a file of test-kernels. */
  private static byte[] compiled(String file) throws IOException, Throwable {
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
