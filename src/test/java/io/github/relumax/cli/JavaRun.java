package io.github.relumax.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program came to that ran in a Java process of its own, with the options and the class path
 * of this one: a crash in native code ends that process alone.
 *
 * @param output standard output and standard error
 */
record JavaRun(int code, String output) {
  static JavaRun of(Path folder, List<String> options, String mainClass, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("--add-modules=jdk.incubator.vector");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (InputStream in = process.getInputStream()) {
      String output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new JavaRun(process.waitFor(), output.replace(INCUBATOR, ""));
    }
  }

  /** Runs one command line of Relumax. */
  static JavaRun relumax(List<String> arguments) throws IOException, InterruptedException {
    return of(Path.of("").toAbsolutePath(), List.of(), Main.class.getName(), arguments);
  }

  private static final String INCUBATOR =
      "WARNING: Using incubator modules: jdk.incubator.vector\n";

  /** What a program says when it fails comes last. */
  String lastLine() {
    return output.lines().reduce("", (_, line) -> line);
  }
}
