package io.github.relumax.model;

/**
 * Input that cannot be used: a wrong shape, a value that is not finite, a broken file. The message
 * is one line that names the thing, what was found, and what was expected.
 */
public final class InvalidInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
