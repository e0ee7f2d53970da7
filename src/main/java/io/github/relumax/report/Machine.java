package io.github.relumax.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What a benchmark has to name: the processor and the Java virtual machine. */
public final class Machine {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Path STATUS = Path.of("/proc/self/status");

  private Machine() {}

  /** The processor's name; empty where the system does not tell, as outside Linux on x86. */
  public static Optional<String> processor() {
    return field(CPUINFO, "model name");
  }

  /** Processors that this process may use. */
  public static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** Name, version and architecture of the operating system. */
  public static String system() {
    return "%s %s, %s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"));
  }

  /** Version and maker of the Java virtual machine. */
  public static String java() {
    return "%s (%s %s)"
        .formatted(
            Runtime.version(),
            System.getProperty("java.vendor"),
            System.getProperty("java.vm.name"));
  }

  /** The most memory that this process has had resident so far, in bytes; only Linux tells. */
  public static OptionalLong peakResidentBytes() {
    return field(STATUS, "VmHWM")
        .map(text -> OptionalLong.of(1024 * Long.parseLong(text.replaceAll("[^0-9]", ""))))
        .orElse(OptionalLong.empty());
  }

  /** The value of the first line "name : value". */
  private static Optional<String> field(Path file, String name) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> line.split(":", 2))
          .filter(parts -> parts.length == 2 && parts[0].strip().equals(name))
          .map(parts -> parts[1].strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
