package io.github.relumax.cli;

/** What the process ends with; docs/cli.md lists them for users. */
final class ExitCode {
  /** The command did what it was asked for; a solve converged. */
  static final int OK = 0;

  /** A defect of Relumax. */
  static final int INTERNAL_ERROR = 1;

  /** A command line, a file or a folder that cannot be used. */
  static final int BAD_INPUT = 2;

  /** The work was done and its results are written, but it did not reach its goal. */
  static final int NOT_CONVERGED = 3;

  /** The backend cannot run here, or there is not enough memory. */
  static final int UNAVAILABLE = 4;

  /** Ctrl-C or a request to terminate; what a solve had is written. */
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
