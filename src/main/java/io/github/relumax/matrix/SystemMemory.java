package io.github.relumax.matrix;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory there is, asked before it is needed: a system that runs out ends processes. */
public final class SystemMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";

  private SystemMemory() {}

  /**
   * Asked once: the answer is in files, which take longer to read than most buffers to allocate.
   */
  private static final class Total {
    static final long BYTES =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
  }

  /** Bytes of memory of this machine, or of the container that the process is in. */
  public static long total() {
    return Total.BYTES;
  }

  /**
   * Bytes that can be had without swapping, as far as the system tells: Linux does. Elsewhere free
   * memory leaves out what caches would give back, so all memory counts. What is kept for the next
   * who asks ({@link OffHeap#keepFreed}) can be had.
   */
  public static long available() {
    long total = total();
    return Math.min(total, ofSystem(total) + Blocks.keptBytes());
  }

  private static long ofSystem(long total) {
    if (!Files.isReadable(MEMINFO)) {
      return total;
    }
    try {
      return Files.readAllLines(MEMINFO).stream()
          .filter(line -> line.startsWith(AVAILABLE))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElse(total);
    } catch (IOException e) {
      return total;
    }
  }

  /** Bytes that matrices may take outside the Java heap. */
  public static long matrixLimit() {
    long limit =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    return limit == 0 ? Runtime.getRuntime().maxMemory() : limit;
  }
}
