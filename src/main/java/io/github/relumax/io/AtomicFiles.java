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
import java.util.List;
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

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> unfinished.forEach(AtomicFiles::remove), "cleanup"));
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
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file + ": is a folder, expected a file to write");
    }
    Path folder = parent(file);
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(file + ": cannot write, there is no folder " + folder);
    }
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

  private static InvalidInputException cannotWrite(Path path, IOException e) {
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
