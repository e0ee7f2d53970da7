package io.github.relumax.backend;

import java.util.List;
import java.util.Optional;

/**
 * Finds out whether a backend can run here, and opens it. Found through {@link
 * java.util.ServiceLoader}.
 */
public interface BackendProvider {
  /** The name users choose it by. */
  String name();

  /** {@code auto} takes the usable provider with the highest preference; the CPU has 0. */
  int preference();

  /** Why it cannot run here, in one line that says what to change; empty when it can. */
  Optional<String> unavailable();

  /**
   * Why {@code auto} does not take it, in one line: it cannot run here, or is to be taken only when
   * asked for by name. Empty when {@code auto} may.
   */
  default Optional<String> passedOver() {
    return unavailable();
  }

  /** One line on what it would run on, or on what was looked for. */
  String describe();

  /** Devices and libraries, a line each, with where they were found or looked for. */
  default List<String> details() {
    return List.of();
  }

  /**
   * Opens the backend.
   *
   * @throws BackendUnavailableException if it cannot run after all
   */
  Backend open(BackendOptions options);
}
