package io.github.relumax.cuda;

import jcuda.driver.CUdeviceptr;

/** A device address, as JCuda takes it. */
final class DevicePointer extends CUdeviceptr {
  private static final CUdeviceptr ZERO = new CUdeviceptr();

  /** To be filled in by JCuda. */
  DevicePointer() {}

  DevicePointer(long address) {
    super(ZERO, address);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
