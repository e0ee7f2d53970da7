package io.github.relumax.backend;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses a backend: by name, which never falls back, or {@code auto}, which says what it took and
 * why.
 */
public final class Backends {
  public static final String AUTO = "auto";

  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  /** Every backend this build knows, most preferred first, whether or not it can run here. */
  public static List<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(BackendProvider::preference).reversed())
        .toList();
  }

  /** The best backend that can run here. */
  public static Backend open() {
    return open(AUTO, BackendOptions.DEFAULTS);
  }

  /**
   * The backend called {@code name}, or for "auto" the most preferred one that can run here.
   *
   * @throws BackendUnavailableException if there is none of that name or it cannot run here
   */
  public static Backend open(String name, BackendOptions options) {
    List<BackendProvider> providers = providers();
    if (name.equals(AUTO)) {
      List<String> reasons = new ArrayList<>();
      for (BackendProvider provider : providers) {
        Optional<String> reason = provider.passedOver();
        if (reason.isEmpty()) {
          LOG.info("backend auto: {} ({})", provider.name(), provider.describe());
          return provider.open(options);
        }
        LOG.info("backend auto: not {}: {}", provider.name(), reason.get());
        reasons.add(provider.name() + ": " + reason.get());
      }
      throw new BackendUnavailableException(
          "no backend can run here: " + String.join("; ", reasons));
    }
    BackendProvider provider =
        providers.stream()
            .filter(p -> p.name().equals(name))
            .findFirst()
            .orElseThrow(() ->
                new BackendUnavailableException(
                    "there is no backend '%s'; this build has: auto, %s"
                        .formatted(
                            name,
                            providers.stream()
                                .map(BackendProvider::name)
                                .collect(Collectors.joining(", ")))));
    provider
        .unavailable()
        .ifPresent(reason -> {
          throw new BackendUnavailableException("backend '" + name + "': " + reason);
        });
    return provider.open(options);
  }
}
