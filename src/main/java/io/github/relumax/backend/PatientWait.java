package io.github.relumax.backend;

/**
 * Waits of one thread that end only when what they wait for is there. An interrupt is passed on to
 * whom it concerns meanwhile, and set again at the end.
 */
final class PatientWait {
  /** Something that waits. */
  @FunctionalInterface
  interface Wait {
    void run() throws InterruptedException;
  }

  private final Runnable onInterrupt;
  private boolean interrupted;

  PatientWait(Runnable onInterrupt) {
    this.onInterrupt = onInterrupt;
  }

  void until(Wait wait) {
    while (true) {
      try {
        wait.run();
        return;
      } catch (InterruptedException e) {
        interrupted = true;
        onInterrupt.run();
      }
    }
  }

  /** No more waits follow. */
  void end() {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
