package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.BackendProvider;
import io.github.relumax.backend.Backends;
import io.github.relumax.model.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say where to compute. */
final class BackendMixin {
  private static final int MOST_THREADS = 1024;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = Backends.AUTO,
      description = {
        "Where to compute: auto, cpu or cuda.",
        "Default: ${DEFAULT-VALUE}, the fastest one that can run here."
      })
  private String name;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "Threads to compute with, 1 to 1024. Default: one for each core.")
  private Integer threads;

  @Option(
      names = "--device",
      paramLabel = "K",
      description = "Which GPU computes, as listed by relumax info. Default: 0.")
  private Integer device;

  /** The name asked for, which may be "auto". */
  String name() {
    return name;
  }

  /**
   * Opens the backend.
   *
   * @throws InvalidInputException if there is none of that name, or the threads are out of range
   * @throws io.github.relumax.backend.BackendUnavailableException if it cannot run here
   */
  Backend open() {
    if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
      throw new InvalidInputException(
          "--threads %d: expected 1 to %d".formatted(threads, MOST_THREADS));
    }
    if (device != null && device < 0) {
      throw new InvalidInputException("--device %d: expected 0 or more".formatted(device));
    }
    List<String> names = Backends.providers().stream().map(BackendProvider::name).toList();
    if (!name.equals(Backends.AUTO) && !names.contains(name)) {
      throw new InvalidInputException(
          "--backend %s: there is no such backend, expected %s, %s"
              .formatted(name, Backends.AUTO, String.join(", ", names)));
    }
    return Backends.open(
        name, new BackendOptions(threads == null ? 0 : threads, device == null ? 0 : device));
  }

  /** What was opened and, for auto, why nothing better was. */
  List<String> explain(Backend backend) {
    List<String> lines = new ArrayList<>();
    lines.add(backend.description().name() + ", " + backend.description().device());
    if (name.equals(Backends.AUTO)) {
      for (BackendProvider provider : Backends.providers()) {
        Optional<String> reason = provider.passedOver();
        if (reason.isEmpty()) {
          break;
        }
        lines.add("not " + provider.name() + ": " + reason.get());
      }
    }
    return lines;
  }
}
