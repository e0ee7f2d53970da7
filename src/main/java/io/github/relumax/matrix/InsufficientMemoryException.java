package io.github.relumax.matrix;

/**
 * Memory that a backend needs is not there; the message says how much was needed, how much there
 * is, and what to change.
 */
public final class InsufficientMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InsufficientMemoryException(String message) {
    super(message);
  }

  public InsufficientMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
