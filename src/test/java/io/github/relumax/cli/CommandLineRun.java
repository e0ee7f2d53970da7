package io.github.relumax.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What one command line came to. */
record CommandLineRun(int code, String out, String err) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static CommandLineRun of(Object... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return of(out, args);
  }

  /** The same with its output going to {@code out}, of whose toString() the result holds a copy. */
  static CommandLineRun of(OutputStream out, Object... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] words = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    int code =
        Main.run(
            words,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String text =
        out instanceof ByteArrayOutputStream bytes ? bytes.toString(StandardCharsets.UTF_8) : "";
    return new CommandLineRun(code, text, err.toString(StandardCharsets.UTF_8));
  }

  /** A small planted problem that a solve reaches from x0. */
  static Path planted(Path folder, Object... more) {
    Object[] args = {"generate", folder, "--m", 300, "--n", 60, "--d", 6};
    Object[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    CommandLineRun run = of(all);
    if (run.code != 0) {
      throw new AssertionError(run.err);
    }
    return folder;
  }

  JsonNode json() {
    return JSON.readTree(out);
  }

  static JsonNode json(Path file) {
    return JSON.readTree(file);
  }

  static List<JsonNode> jsonLines(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(JSON::readTree).toList();
  }
}
