import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Makes target/gpu-bundle and its archive out of a finished build: a program that the profile
 * gpu-bundle runs on JDK 25, whose runtime goes into the bundle.
 */
final class GpuBundle {
  /**
   * What jdeps names for the jars, and what it cannot see: java.xml for the report of JUnit,
   * jdk.unsupported for AssertJ.
   */
  private static final List<String> MODULES =
      List.of(
          "java.base",
          "java.logging",
          "java.management",
          "java.xml",
          "jdk.incubator.vector",
          "jdk.management",
          "jdk.unsupported");

  private static final long MOST_BYTES = 60L << 20;

  private GpuBundle() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path target = Path.of(args[0]);
    Path bundle = target.resolve("gpu-bundle");
    delete(bundle);
    Files.createDirectories(bundle);
    copy(Path.of("src/build/gpu-bundle"), bundle);
    link(bundle.resolve("runtime"));
    copy(target.resolve("lib"), bundle.resolve("lib"));
    Files.copy(target.resolve("relumax.jar"), bundle.resolve("lib/relumax.jar"));
    copy(target.resolve("test-classes"), bundle.resolve("tests/classes"));
    copy(target.resolve("test-lib"), bundle.resolve("tests/lib"));
    Path archive = pack(target);
    long bytes = Files.size(archive);
    System.out.printf("%s: %.1f MiB%n", archive, bytes / 0x1p20);
    if (bytes > MOST_BYTES) {
      throw new IllegalStateException(archive + ": larger than 60 MiB");
    }
  }

  /** Uncompressed: the archive is smaller for it, and programs start faster. */
  private static void link(Path runtime) {
    ToolProvider jlink = ToolProvider.findFirst("jlink").orElseThrow();
    int code =
        jlink.run(
            System.out,
            System.err,
            "--add-modules",
            String.join(",", MODULES),
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--compress",
            "zip-0",
            "--output",
            runtime.toString());
    if (code != 0) {
      throw new IllegalStateException("jlink ended with code " + code);
    }
  }

  /** The same files in the same order, with the same owner and time. */
  private static Path pack(Path target) throws IOException, InterruptedException {
    Path archive = target.resolve("relumax-gpu-bundle.tar.xz");
    Process tar =
        new ProcessBuilder(
                "tar",
                "--create",
                "--xz",
                "--sort=name",
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--mtime=@0",
                "--file",
                archive.toString(),
                "--directory",
                target.toString(),
                "gpu-bundle")
            .inheritIO()
            .start();
    if (tar.waitFor() != 0) {
      throw new IllegalStateException("tar ended with code " + tar.exitValue());
    }
    return archive;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
        Path copy = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
          Files.delete(path);
        }
      }
    }
  }
}
