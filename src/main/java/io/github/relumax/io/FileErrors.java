package io.github.relumax.io;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Words for what went wrong with a file. */
final class FileErrors {
  private static final int EXCERPT = 60;

  private FileErrors() {}

  /** The reason alone, without the path, in one line. */
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException f -> f.getFile() + " exists and is not a folder";
      case ClosedByInterruptException _ -> "interrupted";
      case FileSystemException f when f.getReason() != null -> printable(f.getReason());
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : printable(e.getMessage());
    };
  }

  /**
   * Text from a file, fit for a message: short, and with nothing in it that a terminal would act
   * on.
   */
  static String printable(String text) {
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < text.length() && i < EXCERPT; i++) {
      char c = text.charAt(i);
      result.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return text.length() > EXCERPT ? result.append("...").toString() : result.toString();
  }
}
