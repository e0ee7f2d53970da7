package io.github.relumax.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** Where a command prints. */
final class Console {
  private final PrintStream stream;
  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;

  /**
   * @param terminal whether a person watches {@code out}, so that it may show progress
   */
  Console(PrintStream out, PrintStream err, boolean terminal) {
    stream = out;
    this.out = new PrintWriter(out, true, StandardCharsets.UTF_8);
    this.err = new PrintWriter(err, true, StandardCharsets.UTF_8);
    this.terminal = terminal;
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  void println(String line) {
    out.println(line);
  }

  void println() {
    out.println();
  }

  void println(List<String> lines) {
    lines.forEach(out::println);
  }

  /** Text that has its newline already. */
  void print(String text) {
    out.print(text);
    out.flush();
  }

  /** Does long work, with a bar on a terminal. */
  <T> T during(String task, Function<Progress, T> work) {
    try (Progress progress = new Progress(terminal ? stream : null, task)) {
      return work.apply(progress);
    }
  }
}
