package io.github.relumax.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * A device that the driver offers.
 *
 * @param ordinal the number that --device takes
 * @param name the device's own name
 * @param capability compute capability times 10: 90 for 9.0
 * @param multiprocessors how many it has
 * @param bytes its memory
 */
record CudaDevice(int ordinal, String name, int capability, int multiprocessors, long bytes) {
  /** The oldest compute capability that kernels are written for: 7.5, Turing. */
  private static final int OLDEST = 75;

  private static final int LONGEST_NAME = 256;

  /**
   * The devices, after CUDA_VISIBLE_DEVICES.
   *
   * @throws jcuda.CudaException if the driver does not start or there is none
   */
  static List<CudaDevice> all() {
    JCudaDriver.cuInit(0);
    int[] count = new int[1];
    JCudaDriver.cuDeviceGetCount(count);
    List<CudaDevice> devices = new ArrayList<>();
    for (int ordinal = 0; ordinal < count[0]; ordinal++) {
      devices.add(of(ordinal));
    }
    return devices;
  }

  private static CudaDevice of(int ordinal) {
    CUdevice device = handle(ordinal);
    byte[] name = new byte[LONGEST_NAME];
    JCudaDriver.cuDeviceGetName(name, name.length, device);
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] bytes = new long[1];
    JCudaDriver.cuDeviceTotalMem(bytes, device);
    return new CudaDevice(
        ordinal,
        new String(name, 0, length, StandardCharsets.UTF_8),
        10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        bytes[0]);
  }

  static CUdevice handle(int ordinal) {
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, ordinal);
    return device;
  }

  private static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, which, device);
    return value[0];
  }

  /** Whether it is the simulator that tests run on. */
  boolean isSimulator() {
    return name.toLowerCase(Locale.ROOT).contains("simulator");
  }

  /** Why kernels cannot run on it, in one line; empty where they can. */
  Optional<String> unsuitable() {
    return capability >= OLDEST
        ? Optional.empty()
        : Optional.of(
            "%s has compute capability %s, 7.5 or higher is needed"
                .formatted(name, dottedCapability()));
  }

  /** "9.0". */
  String dottedCapability() {
    return capability / 10 + "." + capability % 10;
  }

  /** One line with all of it. */
  String describe() {
    return "device %d: %s, %.1f GB, compute capability %s, %d multiprocessors"
        .formatted(ordinal, name, bytes / 1e9, dottedCapability(), multiprocessors);
  }

  /** One line on what computes. */
  @Override
  public String toString() {
    return "%s, compute capability %s, device %d".formatted(name, dottedCapability(), ordinal);
  }
}
