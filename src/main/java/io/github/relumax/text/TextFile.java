package io.github.relumax.text;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/** Streams the words of one UTF-8 file, in order, holding a fixed piece of it in memory. */
final class TextFile {
  /** Bytes decoded at a time. */
  static final int CHUNK = 1 << 16;

  private TextFile() {}

  /**
   * The size in bytes.
   *
   * @throws InvalidInputException if this is not a file that can be read twice, or if it is empty
   */
  static long size(Path file) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file + ": is a directory, expected a text file");
    }
    if (!Files.exists(file)) {
      throw new InvalidInputException(file + ": no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": not a regular file, expected a text file");
    }
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new InvalidInputException(file + ": is empty, expected a text file with words");
      }
      return size;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Gives every word to {@code words}, and after each piece of the file its bytes to {@code
   * progress}.
   *
   * @param tagged whether to strip tags, see {@link TagStripper}
   * @throws InvalidInputException if the file cannot be read or is not UTF-8 text
   */
  static void read(Path file, boolean tagged, Consumer<String> words, LongConsumer progress) {
    IntConsumer splitter = new WordSplitter(words);
    IntConsumer input = tagged ? new TagStripper(splitter) : splitter;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      decode(file, channel, input, progress);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    input.accept('\n');
  }

  private static void decode(
      Path file, FileChannel channel, IntConsumer input, LongConsumer progress) throws IOException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK);
    CharBuffer chars = CharBuffer.allocate(CHUNK); // UTF-8 has no more chars than bytes
    long decoded = 0;
    boolean end = false;
    while (!end) {
      end = channel.read(bytes) < 0;
      bytes.flip();
      CoderResult result = decoder.decode(bytes, chars, end);
      long position = decoded + bytes.position();
      if (result.isError()) {
        throw new InvalidInputException(
            "%s: not UTF-8 at byte %d (0x%02X), expected plain UTF-8 text: convert the file first"
                .formatted(file, position, bytes.get(bytes.position())));
      }
      chars.flip();
      feed(file, chars, input);
      chars.clear();
      progress.accept(position - decoded);
      decoded = position;
      bytes.compact();
    }
  }

  private static void feed(Path file, CharBuffer chars, IntConsumer input) {
    while (chars.hasRemaining()) {
      int c = chars.get();
      if (c == 0) {
        throw new InvalidInputException(
            file + ": holds a zero byte, so it is a binary file; expected plain UTF-8 text");
      }
      if (Character.isHighSurrogate((char) c)) {
        c = Character.toCodePoint((char) c, chars.get()); // the decoder never parts a pair
      }
      input.accept(c);
    }
  }

  private static InvalidInputException unreadable(Path file, IOException e) {
    return new InvalidInputException("%s: cannot be read (%s)".formatted(file, e.getMessage()), e);
  }
}
