package io.github.relumax.text;

import io.github.relumax.model.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The files of a text, read one after the other as often as needed. */
final class Corpus {
  private final List<Path> files;
  private final boolean tagged;
  private final TextProgress progress;
  private final long totalBytes;

  /**
   * @throws InvalidInputException if one of the files cannot be text
   */
  Corpus(List<Path> files, boolean tagged, TextProgress progress) {
    this.files = List.copyOf(files);
    this.tagged = tagged;
    this.progress = progress;
    this.totalBytes = this.files.stream().mapToLong(TextFile::size).sum();
  }

  /**
   * Gives every word of every file to {@code words}, in order.
   *
   * @param startFile called before the words of each file
   * @throws InvalidInputException if a file is not UTF-8 text or holds no word
   */
  void read(String stage, Runnable startFile, Consumer<String> words) {
    progress.report(stage, 0);
    long[] bytesRead = new long[1];
    for (Path file : files) {
      startFile.run();
      boolean[] any = new boolean[1];
      TextFile.read(
          file,
          tagged,
          word -> {
            any[0] = true;
            words.accept(word);
          },
          bytes -> {
            bytesRead[0] += bytes;
            // A file may have grown since its size was taken.
            progress.report(stage, Math.min(1, (double) bytesRead[0] / totalBytes));
          });
      if (!any[0]) {
        throw new InvalidInputException(file + ": holds no word, expected plain text");
      }
    }
    progress.report(stage, 1);
  }
}
