package io.github.relumax.cli;

import io.github.relumax.Version;
import io.github.relumax.backend.BackendProvider;
import io.github.relumax.backend.Backends;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.report.Format;
import io.github.relumax.report.Machine;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code relumax info}: what this machine offers. */
@Command(
    name = "info",
    description =
        "Shows the version, the JDK, memory, and the backends with why each can run here.")
final class InfoCommand implements Callable<Integer> {
  private final Console console;

  InfoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    show("Relumax", Version.current());
    show("Java", Machine.java());
    show("System", Machine.system());
    show("Cores", String.valueOf(Machine.cores()));
    show(
        "Memory",
        "%s, of which %s are available"
            .formatted(Format.bytes(SystemMemory.total()), Format.bytes(SystemMemory.available())));
    show(
        "Limits",
        "%s Java heap (-Xmx), %s for matrices outside it (-XX:MaxDirectMemorySize)"
            .formatted(
                Format.bytes(Runtime.getRuntime().maxMemory()),
                Format.bytes(SystemMemory.matrixLimit())));
    console.println("Backends");
    for (BackendProvider provider : Backends.providers()) {
      Optional<String> reason = provider.unavailable();
      String state =
          reason
              .map(text -> "cannot run here: " + text)
              .orElseGet(() -> "usable: " + provider.describe());
      console.println("  %-7s %s".formatted(provider.name(), state));
      for (String line : provider.details()) {
        console.println("          " + line);
      }
    }
    return ExitCode.OK;
  }

  private void show(String name, String value) {
    console.println("%-9s %s".formatted(name, value));
  }
}
