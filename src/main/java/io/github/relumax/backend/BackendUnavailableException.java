package io.github.relumax.backend;

/** The backend that was asked for cannot run here; the message says why and what to change. */
public final class BackendUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendUnavailableException(String message) {
    super(message);
  }
}
