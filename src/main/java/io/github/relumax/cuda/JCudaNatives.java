package io.github.relumax.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcusparse.JCusparse;

/**
 * Loads the native half of JCuda. JCuda unpacks its libraries into a folder "jcuda" in
 * java.io.tmpdir and takes whatever lies there already: a file that another process is still
 * writing, or that another user put there. So it is given a folder of its own, which is deleted
 * again once they are loaded.
 */
final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaNatives() {}

  /**
   * Loads them; libcuda.so.1, libcublas.so.12 and libcusparse.so.12 must be loaded.
   *
   * @throws UnsatisfiedLinkError if they cannot be loaded
   */
  static void load() {
    String before = System.getProperty(TEMPORARY);
    Path own = null;
    try {
      own = Files.createTempDirectory("relumax-jcuda-");
      System.setProperty(TEMPORARY, own.toString());
      JCudaDriver.setExceptionsEnabled(true);
      JCublas2.initialize();
      JCublas2.setExceptionsEnabled(true);
      JCusparse.initialize();
      JCusparse.setExceptionsEnabled(true);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the libraries of JCuda to %s; set -D%s to a folder that can be written"
              .formatted(before, TEMPORARY),
          e);
    } catch (UnsatisfiedLinkError e) {
      throw (Error) new UnsatisfiedLinkError("JCuda cannot be loaded: " + reason(e)).initCause(e);
    } finally {
      System.setProperty(TEMPORARY, before);
      delete(own);
    }
  }

  /** JCuda reports two stack traces; the last of their first lines is what went wrong. */
  private static String reason(UnsatisfiedLinkError e) {
    String name = UnsatisfiedLinkError.class.getName() + ": ";
    return e.getMessage()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .reduce(e.getMessage(), (_, last) -> last);
  }

  private static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // Left behind in the folder for temporary files, where it may be.
    }
  }
}
