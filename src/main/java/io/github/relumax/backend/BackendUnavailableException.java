package io.github.relumax.backend;

/**
 * The backend that was asked for cannot run here, or can run no longer; the message says why and
 * what to change.
 */
public final class BackendUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendUnavailableException(String message) {
    super(message);
  }

  public BackendUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
