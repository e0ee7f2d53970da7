package io.github.relumax.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled kernels on disk. A file is its contents' SHA-256 and the contents, so that one that is
 * cut short or damaged counts as absent; it gets its name when it is whole, so that processes that
 * write the same one do not disturb each other. Where nothing can be read or written, kernels are
 * compiled anew each time.
 */
final class KernelCache {
  /** The folder to keep kernels in, or "off". */
  static final String PROPERTY = "relumax.cuda.cache";

  private static final Logger LOG = LoggerFactory.getLogger(KernelCache.class);
  private static final String OFF = "off";
  private static final int HASH_BYTES = 32;

  /** Null where nothing is kept. */
  private final Path folder;

  /**
   * @param folder where to keep kernels, made when needed; null to keep none
   */
  KernelCache(Path folder) {
    this.folder = folder;
  }

  /** The folder named by the property, else relumax/kernels in the user's folder for caches. */
  static KernelCache ofUser() {
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      return new KernelCache(named.equals(OFF) ? null : Path.of(named));
    }
    String caches = System.getenv("XDG_CACHE_HOME");
    Path base =
        caches != null && Path.of(caches).isAbsolute()
            ? Path.of(caches)
            : Path.of(System.getProperty("user.home"), ".cache");
    return new KernelCache(base.resolve("relumax").resolve("kernels"));
  }

  /** A name for what is compiled from all of these texts. */
  static String key(String name, Iterable<String> texts) {
    MessageDigest digest = sha256();
    for (String text : texts) {
      digest.update(text.getBytes(UTF_8));
      // No text can run into the next.
      digest.update((byte) 0);
    }
    return name + "-" + HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  /** What was stored under this key, if it is there and whole. */
  Optional<byte[]> load(String key) {
    if (folder == null) {
      return Optional.empty();
    }
    Path file = folder.resolve(key);
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length > HASH_BYTES) {
        byte[] contents = Arrays.copyOfRange(bytes, HASH_BYTES, bytes.length);
        if (Arrays.equals(sha256().digest(contents), Arrays.copyOf(bytes, HASH_BYTES))) {
          return Optional.of(contents);
        }
      }
      LOG.info("{} is damaged and is compiled again", file);
    } catch (IOException e) {
      LOG.info("cannot read {}: {}", file, e.toString());
    }
    return Optional.empty();
  }

  /** Stores contents under a key, if that can be done. */
  void store(String key, byte[] contents) {
    if (folder == null) {
      return;
    }
    Path temporary = null;
    try {
      Files.createDirectories(folder);
      temporary = Files.createTempFile(folder, key, ".tmp");
      byte[] hash = sha256().digest(contents);
      byte[] bytes = Arrays.copyOf(hash, HASH_BYTES + contents.length);
      System.arraycopy(contents, 0, bytes, HASH_BYTES, contents.length);
      Files.write(temporary, bytes);
      Files.move(temporary, folder.resolve(key), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.info("cannot keep compiled kernels in {}: {}", folder, e.toString());
      delete(temporary);
    }
  }

  private static void delete(Path temporary) {
    if (temporary != null) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException e) {
        LOG.debug("{} is left behind", temporary, e);
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
