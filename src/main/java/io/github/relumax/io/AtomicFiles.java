package io.github.relumax.io;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Files and folders that appear whole or not at all: written under a temporary name beside the
 * target, flushed to the disk, then renamed. Whatever ends the writing, an exception or Ctrl-C, the
 * temporary is removed and what stood there before is untouched.
 */
public final class AtomicFiles {
  /** Temporary files and folders, for the shutdown hook to remove. */
  private static final Set<Path> unfinished = ConcurrentHashMap.newKeySet();

  /** Held while results are written, which is short: a shutdown lets that finish. */
  private static final Object RESULTS = new Object();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtomicFiles::removeUnfinished, "cleanup"));
  }

  private AtomicFiles() {}

  /** Writes the content of one file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes the files of one folder. */
  @FunctionalInterface
  public interface FolderContent {
    void writeInto(Path folder) throws IOException;
  }

  /**
   * Writes a file, replacing one that is there.
   *
   * @throws InvalidInputException if it cannot be written
   */
  public static void write(Path file, Content content) {
    Path folder = requireFolderAbove(file);
    Path temporary = temporary(folder);
    try {
      writeNew(temporary, content);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      unfinished.remove(temporary);
      flush(folder);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    } finally {
      discard(temporary);
    }
  }

  /** Writes a UTF-8 text file; otherwise as {@link #write(Path, Content)}. */
  public static void writeText(Path file, String text) {
    write(file, text(text));
  }

  /**
   * Writes several files into a folder, replacing those that are there: all of them are complete on
   * the disk before the first one gets its name, in the order of the map.
   *
   * @throws InvalidInputException if one cannot be written
   */
  static void writeTogether(Path folder, Map<String, Content> files) {
    synchronized (RESULTS) {
      Map<Path, Path> written = new LinkedHashMap<>();
      Path current = folder;
      try {
        for (Map.Entry<String, Content> file : files.entrySet()) {
          current = folder.resolve(file.getKey());
          requireReplaceable(current);
          Path temporary = temporary(folder);
          written.put(temporary, current);
          writeNew(temporary, file.getValue());
        }
        for (Map.Entry<Path, Path> file : written.entrySet()) {
          current = file.getValue();
          Files.move(file.getKey(), current, StandardCopyOption.ATOMIC_MOVE);
          unfinished.remove(file.getKey());
        }
        flush(folder);
      } catch (IOException e) {
        throw cannotWrite(current, e);
      } finally {
        written.keySet().forEach(AtomicFiles::discard);
      }
    }
  }

  /**
   * Checks, before long work, that {@link #createFolder} can succeed.
   *
   * @param bytes the size of the files that the folder will have
   * @throws InvalidInputException if there is something already, the folder above cannot be written
   *     to, or the disk has too little space
   */
  public static void checkNewFolder(Path folder, long bytes) {
    Path above = parent(requireFree(folder));
    while (!Files.exists(above)) {
      above = parent(above);
    }
    if (!Files.isDirectory(above)) {
      throw new InvalidInputException(folder + ": cannot write: " + above + " is not a folder");
    }
    if (!Files.isWritable(above)) {
      throw new InvalidInputException(
          folder + ": cannot write: the folder that it would be in is not writable");
    }
    try {
      requireSpace(folder, bytes, Files.getFileStore(above).getUsableSpace());
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    }
  }

  /**
   * Checks, before long work, that {@link #write} can succeed. A file that is there stays as it is.
   *
   * @throws InvalidInputException if it is a folder or a device, or the folder above is not there
   *     or cannot be written to
   */
  public static void checkFile(Path file) {
    tryWriting(requireFolderAbove(file), 0);
  }

  /**
   * Writes a file of zeros into the folder and removes it.
   *
   * @throws InvalidInputException if that fails
   */
  static void tryWriting(Path folder, int bytes) {
    Path temporary = temporary(folder);
    try {
      writeNew(temporary, channel -> writeFully(channel, ByteBuffer.allocate(bytes)));
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    } finally {
      discard(temporary);
    }
  }

  static void removeIfEmpty(Path folder) {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // It holds something, or is in use: leave it.
    }
  }

  static void requireSpace(Path path, long needed, long free) {
    if (needed > free) {
      throw new InvalidInputException(
          "%s: needs %d bytes, the disk has %d bytes free".formatted(path, needed, free));
    }
  }

  /**
   * Creates a folder with its files. The folder must not exist, or be empty. Folders above it are
   * created as needed.
   *
   * @throws InvalidInputException if there is something already, or the folder cannot be written
   */
  public static void createFolder(Path folder, FolderContent content) {
    Path target = requireFree(folder);
    Path above = parent(target);
    Path temporary = temporary(above);
    try {
      Files.createDirectories(above);
      Files.createDirectory(temporary);
      content.writeInto(temporary);
      flush(temporary);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      unfinished.remove(temporary);
      flush(above);
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    } finally {
      discard(temporary);
    }
  }

  /** The content of a UTF-8 text file. */
  static Content text(String text) {
    return channel -> writeFully(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes a file that does not exist yet and flushes it to the disk. */
  static void writeNew(Path file, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      content.writeTo(channel);
      channel.force(true);
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static Path requireFolderAbove(Path file) {
    requireReplaceable(file);
    Path folder = parent(file);
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(file + ": cannot write, there is no folder " + folder);
    }
    return folder;
  }

  private static void requireReplaceable(Path file) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file + ": is a folder, expected a file to write");
    }
    // A rename would put a file in the place of a device or a pipe.
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file + ": is not a regular file, expected one to replace, or a new name");
    }
  }

  static InvalidInputException cannotWrite(Path path, IOException e) {
    return new InvalidInputException(path + ": cannot write: " + FileErrors.reason(e), e);
  }

  private static Path requireFree(Path folder) {
    try {
      if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        return folder.toAbsolutePath().normalize();
      }
      Path target = folder.toRealPath();
      if (!Files.isDirectory(target)) {
        throw new InvalidInputException(folder + ": is a file, expected a new folder");
      }
      if (target.equals(Path.of("").toRealPath())) {
        // Renaming a new folder over the current one would leave the user's shell in a deleted one.
        throw new InvalidInputException(folder + ": is the current folder, choose a new one");
      }
      try (Stream<Path> entries = Files.list(target)) {
        if (entries.findAny().isPresent()) {
          throw new InvalidInputException(
              folder + ": already exists and is not empty; choose another folder or delete it");
        }
      }
      return target;
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    }
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent != null ? parent : path.toAbsolutePath().getParent();
  }

  private static Path temporary(Path folder) {
    String id = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path temporary = folder.resolve(".relumax-" + id + ".tmp").toAbsolutePath();
    unfinished.add(temporary);
    return temporary;
  }

  private static void discard(Path temporary) {
    if (unfinished.contains(temporary)) {
      remove(temporary);
      unfinished.remove(temporary);
    }
  }

  /** Removes what is not complete, once results that are being written are. */
  public static void removeUnfinished() {
    synchronized (RESULTS) {
      unfinished.forEach(AtomicFiles::remove);
    }
  }

  private static void remove(Path temporary) {
    try {
      if (Files.isDirectory(temporary, LinkOption.NOFOLLOW_LINKS)) {
        List<Path> files;
        try (Stream<Path> entries = Files.list(temporary)) {
          files = entries.toList();
        }
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(temporary);
    } catch (IOException | UncheckedIOException e) {
      // The writing failed already, and that is what the user has to hear about.
    }
  }

  /** Makes a rename in the folder survive a power cut. */
  private static void flush(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every system lets a folder be opened; the files themselves are flushed.
    }
  }
}
